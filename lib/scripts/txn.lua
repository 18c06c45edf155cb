-- SPDX-License-Identifier: Apache-2.0
-- All or nothing over the keys of one domain.
-- ARGV[1]: number of expectations; then the expectations, then the writes, each
-- as operation, key index, arguments (their number follows from the operation).
-- Returns 0, or the 1-based index of the first expectation that does not hold.
-- A script has no way back, so whatever could make a write fail (the type of
-- its key, a field that is not a number) is looked at before the first write.

local expect = { EQ = 1, NONE = 0, HEQ = 2, HNONE = 1 }
local write = {
	SET = { 1, 'string' }, PSETEX = { 2, 'string' }, DEL = { 0, 'none' },
	PEXPIRE = { 1 }, HSET = { 2, 'hash' }, HDEL = { 1, 'hash' },
	HINCRBY = { 2, 'hash' }, SADD = { 1, 'set' }, SREM = { 1, 'set' },
	ZADD = { 2, 'zset' }, ZREM = { 1, 'zset' }, XADD = { 1, 'stream' }
}
local overwrites = { SET = true, PSETEX = true, DEL = true, PEXPIRE = true }

local function holds(op, key, a, b)
	if op == 'EQ' then
		return redis.call('GET', key) == a
	elseif op == 'NONE' then
		return redis.call('EXISTS', key) == 0
	elseif op == 'HEQ' then
		return redis.call('HGET', key, a) == b
	end
	return redis.call('HEXISTS', key, a) == 0
end

-- The type of each key, and the fields, as the writes so far would leave them.
local kind, field, gone = {}, {}, {}

local function number(v)
	-- 15 digits: exact in a double, and far from an overflow
	return v == '0' or (#v <= 16 and string.match(v, '^-?[1-9]%d*$'))
end

local function fits(op, k, a, b)
	local want = write[op][2]
	if overwrites[op] then
		kind[k] = want or kind[k]
		if want then
			field[k], gone[k] = {}, true
		end
		return true
	end
	kind[k] = kind[k] or redis.call('TYPE', KEYS[k]).ok
	if kind[k] ~= 'none' and kind[k] ~= want then
		return false
	end
	kind[k] = want
	field[k] = field[k] or {}
	if op == 'HSET' then
		field[k][a] = b
	elseif op == 'HDEL' then
		field[k][a] = '0'
	elseif op == 'HINCRBY' then
		local v = field[k][a]
		if not v and not gone[k] then
			v = redis.call('HGET', KEYS[k], a)
		end
		v = v or '0'
		if not number(v) then
			return false
		end
		field[k][a] = string.format('%.0f', v + b)
	end
	return true
end

local at = 2
for i = 1, tonumber(ARGV[1]) do
	local op, k = ARGV[at], tonumber(ARGV[at + 1])
	if not holds(op, KEYS[k], ARGV[at + 2], ARGV[at + 3]) then
		return i
	end
	at = at + 2 + expect[op]
end

local first = at
while at <= #ARGV do
	local op, k = ARGV[at], tonumber(ARGV[at + 1])
	if not fits(op, k, ARGV[at + 2], ARGV[at + 3]) then
		return redis.error_reply('WRONGTYPE ' .. op .. ' on key ' .. k ..
		    ' of the transaction')
	end
	at = at + 2 + write[op][1]
end

at = first
while at <= #ARGV do
	local op, k = ARGV[at], tonumber(ARGV[at + 1])
	local n = write[op][1]
	if op == 'XADD' then
		redis.call('XADD', KEYS[k], '*', 'v', ARGV[at + 2])
	else
		redis.call(op, KEYS[k], unpack(ARGV, at + 2, at + 1 + n))
	end
	at = at + 2 + n
end
return 0
