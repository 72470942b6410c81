using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Orbit.Tests.Support;

/// <summary>A small shop on loopback: the target of the five-request flow.</summary>
public sealed class FlowServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, (string Sku, double Total)> _orders = new();
    private readonly ConcurrentDictionary<string, bool> _tokens = new();

    private FlowServer(WebApplication app) => _app = app;

    /// <summary>Distinct orders that were paid.</summary>
    public ConcurrentDictionary<string, int> Paid { get; } = new();

    /// <summary>Method and path of every request.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>How long every answer takes.</summary>
    public TimeSpan Delay { get; set; }

    public string Url { get; private set; } = "";

    /// <summary>Starts it on a free port.</summary>
    public static async Task<FlowServer> StartAsync(Action<WebApplication>? more = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear(); // a configuration of the server under test may lie beside
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        var server = new FlowServer(builder.Build());
        server.Map();
        more?.Invoke(server._app);
        await server._app.StartAsync();
        server.Url = server._app.Urls.First();
        return server;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private void Map()
    {
        _app.Use(async (context, next) =>
        {
            Requests.Enqueue($"{context.Request.Method} {context.Request.Path}");
            await Task.Delay(Delay);
            await next();
        });
        _app.MapPost("/login", (Login login) =>
        {
            string token = Guid.NewGuid().ToString("N");
            _tokens[token] = true;
            return login.Password == $"pw-{login.User}" ? Results.Json(new { token, user = new { name = login.User } }) : Results.StatusCode(401);
        });
        _app.MapGet("/items", (int page) => new
        {
            items = Enumerable.Range(0, 20).Select(i => new { sku = $"SKU-{((page - 1) * 20) + i + 1:000000}", name = $"item {i}", price = 12.5 }),
        });
        _app.MapPost("/orders", (Order order, HttpContext context) =>
        {
            string id = Guid.NewGuid().ToString();
            _orders[id] = (order.Sku, order.Qty * 12.5);
            return Signed(context) ? Results.Json(new { id, status = "created", total = order.Qty * 12.5 }, statusCode: 201) : Results.StatusCode(401);
        });
        _app.MapGet("/orders/{id}", (string id, HttpContext context) =>
            Signed(context) && _orders.TryGetValue(id, out (string Sku, double Total) order) ? Results.Json(new { id, lines = new[] { new { sku = order.Sku } } }) : Results.StatusCode(404));
        _app.MapPost("/orders/{id}/pay", (string id, Payment payment, HttpContext context) =>
        {
            if (!Signed(context) || !_orders.TryGetValue(id, out (string Sku, double Total) order) || order.Total != payment.Amount)
            {
                return Results.StatusCode(400);
            }

            Paid.AddOrUpdate(id, 1, (_, n) => n + 1);
            return Results.Json(new { status = "paid" });
        });
    }

    private bool Signed(HttpContext context) => _tokens.ContainsKey(context.Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal));

    /// <summary>The flow as a document.</summary>
    public string Document => """
        orbit: 1
        name: shop
        variables: {base: "BASE"}
        cases:
          - name: login
            request: {method: POST, url: "{{base}}/login", body: {json: {user: "{{user}}", password: "pw-{{user}}"}}}
            extract: [{name: token, jsonpath: $.token}]
            assert:
              - status: 200
              - {jsonpath: $.token, matches: "^[0-9a-f]{32}$"}
              - {jsonpath: $.user.name, equals: "{{user}}"}
          - name: items
            request: {url: "{{base}}/items", query: {page: "{{page}}"}}
            extract: [{name: xsku, jsonpath: "$.items[2].sku"}]
            assert: [{status: 200}, {jsonpath: "$.items[2].sku", equals: "{{sku}}"}]
          - name: create
            request: {method: POST, url: "{{base}}/orders", auth: {bearer: "{{token}}"}, body: {json: {sku: "{{xsku}}", qty: "{{qty}}"}}}
            extract: [{name: id, jsonpath: $.id}, {name: total, jsonpath: $.total}]
            assert: [{status: 201}, {jsonpath: $.status, equals: created}, {jsonpath: $.total, equals: "{{amount}}"}]
          - name: get
            request: {url: "{{base}}/orders/{{id}}", auth: {bearer: "{{token}}"}}
            assert: [{status: 200}, {jsonpath: "$.lines[0].sku", equals: "{{sku}}"}]
          - name: pay
            request: {method: POST, url: "{{base}}/orders/{{id}}/pay", auth: {bearer: "{{token}}"}, body: {json: {amount: "{{total}}", method: "{{method}}"}}}
            assert: [{status: 200}, {jsonpath: $.status, equals: paid}]
        scenarios:
          - {name: buy, steps: [login, items, create, get, pay]}
        """.Replace("BASE", Url, StringComparison.Ordinal);

    private sealed record Login(string User, string Password);

    private sealed record Order(string Sku, int Qty);

    private sealed record Payment(double Amount, string Method);
}
