-- Sends the same few requests again and again: METHOD, a file with the body or "", a file of paths, and how many
-- milliseconds each connection waits before it asks again, or 0.
local requests = {}
local turn = 0

function init(args)
   local body = nil
   if args[2] ~= "" then
      body = io.open(args[2]):read("*a")
      wrk.headers["Content-Type"] = "application/json"
   end
   for path in io.lines(args[3]) do
      requests[#requests + 1] = wrk.format(args[1], path, nil, body)
   end
   local pause = tonumber(args[4])
   if pause > 0 then
      delay = function() return pause end
   end
end

function request()
   turn = turn % #requests + 1
   return requests[turn]
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      '\n{"requests": %d, "micros": %d, "p50": %d, "p99": %d, "longest": %d, "broken": %d, "refused": %d}\n',
      summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
      errors.connect + errors.read + errors.write + errors.timeout, errors.status))
end
