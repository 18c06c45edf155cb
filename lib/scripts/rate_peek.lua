-- SPDX-License-Identifier: Apache-2.0
-- How far the theoretical arrival time of KEYS[1] is ahead: { microseconds,
-- rest } (see rate_take); { 0, 0 } when nothing is charged.

local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local v = redis.call('GET', KEYS[1])
if not v then
	return { 0, 0 }
end
local q, r = string.match(v, '^(%d+) (%d+)$')
if not q then
	return redis.error_reply('CORRUPT rate')
end
q, r = tonumber(q), tonumber(r)
if q < now then
	return { 0, 0 }
end
return { q - now, r }
