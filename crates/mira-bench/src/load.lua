-- Each request carries a random key of the file, out of a sample that is built
-- before the clock runs. KEYS is the file, one key of 42 characters a line.
local requests, count, at = {}, 0, 1

function init(_)
  local file = io.open(os.getenv("KEYS"))
  local total = math.floor(file:seek("end") / 43)
  math.randomseed(42)
  count = math.min(total, 262144)
  for i = 1, count do
    file:seek("set", (count == total and i - 1 or math.random(0, total - 1)) * 43)
    local headers = { ["Authorization"] = "Bearer " .. file:read(42), ["Host"] = "a" }
    requests[i] = wrk.format("GET", os.getenv("TARGET"), headers)
  end
  for i = count, 2, -1 do
    local j = math.random(1, i)
    requests[i], requests[j] = requests[j], requests[i]
  end
  collectgarbage("collect")
  collectgarbage("stop")
end

function request()
  at = at + 1
  if at > count then at = 1 end
  return requests[at]
end

function done(summary, latency, _)
  local errors = summary.errors
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("RESULT %d %f %f %f %d\n", summary.requests, summary.duration / 1e6,
    latency:percentile(50), latency:percentile(99), errors.status + broken))
end
