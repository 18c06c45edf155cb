-- SPDX-License-Identifier: Apache-2.0
-- Give ARGV[1] in the sorted set KEYS[1] the score ARGV[3] if it still has the
-- score ARGV[2], or none; if it was given another one, the lower of both stands.
-- Returns whether it has that score now.

local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if score and tonumber(score) ~= tonumber(ARGV[2]) and
    tonumber(score) <= tonumber(ARGV[3]) then
	return 0
end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
return 1
