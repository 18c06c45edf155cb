-- SPDX-License-Identifier: Apache-2.0
-- Remove ARGV[1] from the sorted set KEYS[1] if its score still is ARGV[2].
-- Returns how many were removed.

local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not score or tonumber(score) ~= tonumber(ARGV[2]) then
	return 0
end
return redis.call('ZREM', KEYS[1], ARGV[1])
