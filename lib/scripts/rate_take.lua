-- SPDX-License-Identifier: Apache-2.0
-- GCRA: check all rates, then charge all or none.
-- ARGV, five for each key: count, cost and burst; the latter two as times, each
-- in whole microseconds and the rest in count-ths of one, so that nothing is
-- ever rounded.  A key holds the theoretical arrival time as "microseconds rest".
-- Returns -1, or { index of the first rate that is over, microseconds until it
-- would pass }.

local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local us, rest = {}, {}

for i, key in ipairs(KEYS) do
	local a = 5 * (i - 1)
	local count = tonumber(ARGV[a + 1])
	local burst, burst_rest = tonumber(ARGV[a + 4]), tonumber(ARGV[a + 5])
	local v = redis.call('GET', key)
	local q, r = now, 0
	if v then
		q, r = string.match(v, '^(%d+) (%d+)$')
		if not q then
			return redis.error_reply('CORRUPT rate')
		end
		q, r = tonumber(q), math.min(tonumber(r), count - 1)
		if q < now then
			q, r = now, 0
		elseif q - now > burst then
			-- the clock stepped back or the limit was lowered
			q, r = now + burst, burst_rest
		end
	end
	q, r = q + ARGV[a + 2], r + ARGV[a + 3]
	if r >= count then
		q, r = q + 1, r - count
	end
	local over = q - now - burst
	if r > burst_rest then
		over = over + 1
	end
	if over > 0 then
		return { i - 1, over }
	end
	us[i], rest[i] = q, r
end

for i, key in ipairs(KEYS) do
	local a = 5 * (i - 1)
	if ARGV[a + 2] ~= '0' or ARGV[a + 3] ~= '0' then
		redis.call('SET', key, string.format('%.0f %.0f', us[i], rest[i]),
		    'PX', string.format('%.0f', (us[i] - now) / 1000 + 2))
	end
end
return -1
