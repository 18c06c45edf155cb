-- SPDX-License-Identifier: Apache-2.0
-- Give back what rate_take charged.  ARGV, three for each key: count, cost in
-- whole microseconds, its rest (see rate_take).  Returns 0.

local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local us, rest = {}, {}

for i, key in ipairs(KEYS) do
	local a = 3 * (i - 1)
	local v = redis.call('GET', key)
	if v then
		local q, r = string.match(v, '^(%d+) (%d+)$')
		if not q then
			return redis.error_reply('CORRUPT rate')
		end
		q, r = q - ARGV[a + 2], r - ARGV[a + 3]
		if r < 0 then
			q, r = q - 1, math.max(r + ARGV[a + 1], 0)
		end
		us[i], rest[i] = q, r
	end
end

for i, key in ipairs(KEYS) do
	if us[i] and us[i] >= now then
		redis.call('SET', key, string.format('%.0f %.0f', us[i], rest[i]),
		    'PX', string.format('%.0f', (us[i] - now) / 1000 + 2))
	elseif us[i] then
		redis.call('DEL', key)
	end
end
return 0
