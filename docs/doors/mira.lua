-- Asks Mira about a request, with HAProxy's own HTTP client. Only a 200 lets it go on;
-- any other answer goes to the caller as it is, and none is 503.

local DOOR = "http://127.0.0.1:8080/authz/forward"
local PATIENCE_MS = 5000

local IDENTITY = {
    "x-mira-key-id", "x-mira-organization-id", "x-mira-app-id", "x-mira-service",
    "x-mira-environment", "x-mira-permissions", "x-mira-request-id",
}
local FOR_CALLER = {
    ["x-mira-request-id"] = "txn.mira_request_id",
    ["x-ratelimit-limit"] = "txn.mira_limit",
    ["x-ratelimit-remaining"] = "txn.mira_remaining",
    ["x-ratelimit-reset"] = "txn.mira_reset",
}
-- The connection to Mira is not the connection to the caller.
local BETWEEN_NEIGHBORS = {
    ["connection"] = true, ["keep-alive"] = true, ["transfer-encoding"] = true,
    ["content-length"] = true,
}

local function list(values)
    local lines = {}
    for _, value in pairs(values) do lines[#lines + 1] = value end
    return lines
end

local function question(txn)
    local given = txn.http:req_get_headers()
    local headers = {
        ["x-forwarded-method"] = { txn.sf:method() },
        ["x-forwarded-uri"] = { txn.sf:pathq() },
        ["x-forwarded-for"] = { txn.sf:src() },
    }
    for _, name in ipairs({ "authorization", "x-api-key" }) do
        if given[name] then headers[name] = list(given[name]) end
    end
    return headers
end

local function refuse(txn, status, headers, body)
    txn:done(txn:reply({ status = status, headers = headers, body = body }))
end

local function unavailable(txn)
    refuse(txn, 503, {
        ["cache-control"] = { "no-store" },
        ["content-type"] = { "application/json" },
        ["retry-after"] = { "1" },
        ["www-authenticate"] = { 'Bearer realm="mira"' },
        ["x-mira-code"] = { "unavailable" },
    }, '{"error":"Service Unavailable","message":"Service temporarily unavailable"}')
end

core.register_action("mira", { "http-req" }, function(txn)
    local client = core.httpclient()
    local asked, answer = pcall(function()
        return client:get({ url = DOOR, headers = question(txn), timeout = PATIENCE_MS })
    end)
    local headers = asked and answer and answer.headers
    -- Without a request id it was not Mira who answered.
    if not headers or not headers["x-mira-request-id"] then return unavailable(txn) end
    if answer.status ~= 200 then
        local fields = {}
        for name, values in pairs(headers) do
            if not BETWEEN_NEIGHBORS[name] then fields[name] = list(values) end
        end
        return refuse(txn, answer.status, fields, answer.body or "")
    end
    for _, name in ipairs(IDENTITY) do
        if headers[name] then txn.http:req_set_header(name, list(headers[name])[1]) end
    end
    for name, variable in pairs(FOR_CALLER) do
        if headers[name] then txn:set_var(variable, list(headers[name])[1]) end
    end
end)
