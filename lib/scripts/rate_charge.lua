-- SPDX-License-Identifier: Apache-2.0
-- Charge what happened already, whether it is within the rate or not: a key goes
-- up to its burst, and no further.  Arguments as of rate_take.  Returns 0.

local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]

for i, key in ipairs(KEYS) do
	local v = redis.call('GET', key)
	if v and not string.match(v, '^(%d+) (%d+)$') then
		return redis.error_reply('CORRUPT rate')
	end
end

for i, key in ipairs(KEYS) do
	local a = 5 * (i - 1)
	local count = tonumber(ARGV[a + 1])
	local burst, burst_rest = tonumber(ARGV[a + 4]), tonumber(ARGV[a + 5])
	local v = redis.call('GET', key)
	local q, r = now, 0
	if v then
		q, r = string.match(v, '^(%d+) (%d+)$')
		q, r = tonumber(q), math.min(tonumber(r), count - 1)
		if q < now then
			q, r = now, 0
		end
	end
	q, r = q + ARGV[a + 2], r + ARGV[a + 3]
	if r >= count then
		q, r = q + 1, r - count
	end
	if q - now > burst or (q - now == burst and r > burst_rest) then
		q, r = now + burst, burst_rest
	end
	redis.call('SET', key, string.format('%.0f %.0f', q, r),
	    'PX', string.format('%.0f', (q - now) / 1000 + 2))
end
return 0
