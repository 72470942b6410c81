using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Notifications.Callbacks;
using Orbit.ControlPlane.Tests.ApiTests;
using Orbit.Tests.Support;
using ApiItem = Orbit.Contracts.V1.ApiItem;
using GateState = Orbit.Contracts.V1.GateState;
using Refused = Orbit.ControlPlane.Tests.Access.Refused;
using RowOutcome = Orbit.Contracts.V1.RowOutcome;
using Run = Orbit.Contracts.V1.Run;

namespace Orbit.ControlPlane.Tests.Notifications;

/// <summary>Webhooks and status messages against a real web server.</summary>
public sealed class CallbackTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_webhook_is_signed_tried_again_and_told_what_it_asked_for(string provider)
    {
        await using var listener = await Listener.StartAsync();
        await using Lab lab = await Lab.StartAsync(provider);
        await SetAsync(lab, $$"""{"callback_allowed_hosts":"127.0.0.1:{{listener.Port}}"}""");
        FakeAgentSession agent = await lab.AgentAsync();
        var notifications = new NotificationService.NotificationServiceClient(lab.Admin);
        Webhook webhook = await notifications.CreateWebhookAsync(
            new CreateWebhookRequest { Url = $"http://127.0.0.1:{listener.Port}/hook", Secret = "0123456789abcdef", Rule = NotifyRule.OnFailure });
        listener.FailNext = 1;

        (_, FakeWork passed) = await lab.AcceptedAsync(agent);
        await passed.EndAsync();
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        await work.EndAsync(RunStatus.Failed, Verdict.InfrastructureError, "no");
        await Eventually.HoldsAsync(() => listener.Calls.Count == 1);
        await Eventually.HoldsAsync(async () => (await notifications.ListDeliveriesAsync(new ListDeliveriesRequest { State = DeliveryState.Waiting })).Deliveries.Count == 1);
        lab.Orbit.Clock.Advance(TimeSpan.FromSeconds(20));
        await Eventually.HoldsAsync(() => listener.Calls.Count == 2);

        Call call = listener.Calls[1];
        string expected = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.ASCII.GetBytes("0123456789abcdef"), call.Body));
        Assert.Equal(("POST", "/hook", $"sha256={expected}", "run.ended"), (call.Method, call.Path, call.Headers["X-Orbit-Signature-256"], call.Headers["X-Orbit-Event"]));
        Assert.Equal(listener.Calls[0].Headers["X-Orbit-Delivery"], call.Headers["X-Orbit-Delivery"]);
        using JsonDocument body = JsonDocument.Parse(call.Body);
        Assert.Equal((run.Id, "INFRASTRUCTURE_ERROR", "FAILED"), (body.RootElement.GetProperty("id").GetInt64(), body.RootElement.GetProperty("verdict").GetString(), body.RootElement.GetProperty("status").GetString()));
        await notifications.DeleteWebhookAsync(new DeleteWebhookRequest { Id = webhook.Id });
        Assert.Equal("WEBHOOK_NOT_FOUND", await Refused.ReasonAsync(async () => await notifications.DeleteWebhookAsync(new DeleteWebhookRequest { Id = webhook.Id })));
    }

    [Fact]
    public async Task A_build_gets_its_description_its_callback_and_its_commit_status()
    {
        await using var listener = await Listener.StartAsync();
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite);
        string at = $"http://127.0.0.1:{listener.Port}";
        await SetAsync(lab, $$"""
            {"callback_allowed_hosts":"127.0.0.1","jenkins_user":"orbit","jenkins_token":"j-token","github_api_url":"{{at}}/api/v3","github_token":"g-token","package_download_base_url":"http://127.0.0.1:9/"}
            """);
        FakeAgentSession agent = await lab.AgentAsync();
        long item = await lab.ItemAsync(Lab.Shop, job: "shop");
        string commit = new('a', 40);
        await RunBuildAsync(lab, agent, item, "1", ("BUILD_URL", $"{at}/job/shop/1/"), ("GIT_URL", "git@github.com:acme/shop.git"), ("GIT_COMMIT", commit));
        await RunBuildAsync(lab, agent, item, "2", ("CALLBACK_URL", $"{at}/done"), ("GIT_URL", "https://github.com/acme/shop"), ("GIT_COMMIT", "not a commit"));
        await RunBuildAsync(lab, agent, item, "3", ("CALLBACK_URL", "http://169.254.169.254/latest"), ("BUILD_URL", "file:///etc/passwd"));

        await Eventually.HoldsAsync(() => listener.Calls.Count >= 3);
        Call described = listener.Calls.Single(c => c.Path == "/job/shop/1/submitDescription");
        Assert.StartsWith("description=%5BOrbit%5D%20item-1%20%231%3A%20passed", Encoding.ASCII.GetString(described.Body), StringComparison.Ordinal);
        Assert.Equal($"Basic {Convert.ToBase64String(Encoding.ASCII.GetBytes("orbit:j-token"))}", described.Headers["Authorization"]);
        Call status = listener.Calls.Single(c => c.Path == $"/api/v3/repos/acme/shop/statuses/{commit}");
        Assert.Equal("Bearer g-token", status.Headers["Authorization"]);
        Assert.Contains("\"state\":\"success\"", Encoding.UTF8.GetString(status.Body), StringComparison.Ordinal);
        Call callback = listener.Calls.Single(c => c.Path == "/done");
        Assert.False(callback.Headers.ContainsKey("Authorization")); // an address that a build named gets no credentials
        Assert.Equal(3, listener.Calls.Count);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task What_a_gate_decided_is_told_after_the_end_of_its_run_by_the_same_rules(string provider)
    {
        await using var listener = await Listener.StartAsync();
        await using Lab lab = await Lab.StartAsync(provider);
        string at = $"http://127.0.0.1:{listener.Port}";
        await SetAsync(lab, $$"""
            {"callback_allowed_hosts":"127.0.0.1","github_api_url":"{{at}}/api/v3","github_token":"g-token","package_download_base_url":"http://127.0.0.1:9/"}
            """);
        var notifications = new NotificationService.NotificationServiceClient(lab.Admin);
        await notifications.CreateWebhookAsync(new CreateWebhookRequest { Url = $"{at}/all", Secret = "0123456789abcdef" });
        await notifications.CreateWebhookAsync(new CreateWebhookRequest { Url = $"{at}/bad", Secret = "0123456789abcdef", Rule = NotifyRule.OnFailure });
        FakeAgentSession agent = await lab.AgentAsync();
        Run run = await GatedRunAsync(lab, agent);
        await Eventually.HoldsAsync(() => listener.Calls.Count == 2); // the webhook, the commit's status
        FakeWork piece = await (await agent.OfferAsync()).AcceptAsync();

        await Library.EndPieceAsync(piece, _ => RowOutcome.Failed);
        await Eventually.HoldsAsync(() => listener.Calls.Count == 5);
        Run failed = await lab.UntilAsync(run.Id, r => r.Gate.State is GateState.Failed);
        await Library.Batches(lab.User).RerunFailedRowsAsync(new() { Id = failed.Gate.BatchId });
        await Library.EndPieceAsync(await (await agent.OfferAsync()).AcceptAsync(), _ => RowOutcome.Passed);
        await Eventually.HoldsAsync(() => listener.Calls.Count == 7);

        Call[] all = [.. listener.Calls.Where(c => c.Path == "/all")];
        Assert.Equal(["run.ended", "gate.decided", "gate.decided"], all.Select(c => c.Headers["X-Orbit-Event"]));
        JsonElement[] gates = [.. all.Select(c => JsonDocument.Parse(c.Body).RootElement.GetProperty("gate"))];
        Assert.Contains(gates[0].GetProperty("state").GetString(), (string[])["PENDING", "RUNNING"]);
        Assert.Equal(["FAILED", "PASSED"], gates[1..].Select(g => g.GetProperty("state").GetString()));
        Assert.Equal((failed.Gate.BatchId, 1), (gates[1].GetProperty("batch_id").GetInt64(), gates[1].GetProperty("attempt").GetInt32()));
        Assert.Contains("1 failed", gates[1].GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal("gate.decided", JsonDocument.Parse(listener.Calls.Single(c => c.Path == "/bad").Body).RootElement.GetProperty("event").GetString());
        Assert.Equal(["pending", "failure", "success"], listener.Calls.Where(IsStatus).Select(StateOf));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_status_that_was_not_taken_does_not_come_after_a_newer_one(string provider)
    {
        await using var listener = await Listener.StartAsync();
        await using Lab lab = await Lab.StartAsync(provider);
        await SetAsync(lab, $$"""
            {"callback_allowed_hosts":"127.0.0.1","github_api_url":"http://127.0.0.1:{{listener.Port}}/api/v3","github_token":"g-token","package_download_base_url":"http://127.0.0.1:9/"}
            """);
        var notifications = new NotificationService.NotificationServiceClient(lab.Admin);
        FakeAgentSession agent = await lab.AgentAsync();
        listener.FailNext = 1;
        await GatedRunAsync(lab, agent);
        await Eventually.HoldsAsync(async () => (await notifications.ListDeliveriesAsync(new() { State = DeliveryState.Waiting })).Deliveries.Any(d => d.Tries == 1));

        await Library.EndPieceAsync(await (await agent.OfferAsync()).AcceptAsync(), _ => RowOutcome.Passed);
        await Eventually.HoldsAsync(() => listener.Calls.Count == 2);
        await Eventually.HoldsAsync(async () => (await notifications.ListDeliveriesAsync(new() { State = DeliveryState.Sent })).Deliveries.Count == 1);

        Assert.Equal(["pending", "success"], listener.Calls.Select(StateOf));
        Assert.Single((await notifications.ListDeliveriesAsync(new())).Deliveries); // the first waits no more
    }

    [Fact]
    public async Task A_redirect_is_not_followed_and_an_unlisted_host_is_not_called()
    {
        await using var listener = await Listener.StartAsync();
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite);
        await SetAsync(lab, """{"callback_allowed_hosts":"127.0.0.1"}""");
        var notifications = new NotificationService.NotificationServiceClient(lab.Admin);
        await notifications.CreateWebhookAsync(new CreateWebhookRequest { Url = $"http://127.0.0.1:{listener.Port}/redirect", Secret = "0123456789abcdef" });
        FakeAgentSession agent = await lab.AgentAsync();

        (_, FakeWork work) = await lab.AcceptedAsync(agent);
        await work.EndAsync();

        Delivery dead = (await Eventually.ReadAsync(async () => await notifications.ListDeliveriesAsync(new ListDeliveriesRequest { State = DeliveryState.Dead }), d => d.Deliveries.Count == 1)).Deliveries[0];
        Assert.Contains("302", dead.LastError, StringComparison.Ordinal);
        Assert.Single(listener.Calls);
        Assert.Equal("HOST_NOT_ALLOWED", await Refused.ReasonAsync(async () => await notifications.CreateWebhookAsync(new CreateWebhookRequest { Url = "https://other.example/", Secret = "0123456789abcdef" })));
        Assert.Equal("WEBHOOK_INVALID", await Refused.ReasonAsync(async () => await notifications.CreateWebhookAsync(new CreateWebhookRequest { Url = "https://user@other.example/", Secret = "0123456789abcdef" })));
        Assert.Equal("WEBHOOK_INVALID", await Refused.ReasonAsync(async () => await notifications.CreateWebhookAsync(new CreateWebhookRequest { Url = $"http://127.0.0.1:{listener.Port}/", Secret = "short" })));
        await SetAsync(lab, """{"callback_allowed_hosts":""}""");
        (_, FakeWork second) = await lab.AcceptedAsync(agent);
        await second.EndAsync();
        await Eventually.HoldsAsync(async () => (await notifications.ListDeliveriesAsync(new ListDeliveriesRequest { State = DeliveryState.Dead })).Deliveries.Any(d => d.LastError.Contains("callback_allowed_hosts", StringComparison.Ordinal)));
        Assert.Single(listener.Calls);
    }

    [Theory]
    [InlineData("ci.example.org", "https://ci.example.org/x", true)]
    [InlineData("ci.example.org:8443", "https://ci.example.org/x", false)]
    [InlineData("ci.example.org:8443", "https://CI.example.org:8443/x", true)]
    [InlineData("*.example.org", "https://a.b.example.org/", true)]
    [InlineData("*.example.org", "https://example.org/", false)]
    [InlineData("*.example.org", "https://evilexample.org/", false)]
    [InlineData("a.example, ci.example.org", "https://ci.example.org.evil.example/", false)]
    [InlineData("ci.example.org", "https://ci.example.org@evil.example/", false)]
    [InlineData("ci.example.org", "ftp://ci.example.org/", false)]
    [InlineData("", "https://ci.example.org/", false)]
    public void A_host_is_listed_or_it_is_not(string list, string url, bool allowed) => Assert.Equal(allowed, new AllowedHosts(list).Find(url) is not null);

    [Theory]
    [InlineData("ci.example.org", "10.1.2.3", true)]
    [InlineData("ci.example.org", "127.0.0.1", false)]
    [InlineData("ci.example.org", "169.254.169.254", false)]
    [InlineData("ci.example.org", "0.0.0.0", false)]
    [InlineData("ci.example.org", "::1", false)]
    [InlineData("ci.example.org", "::ffff:127.0.0.1", false)]
    [InlineData("ci.example.org", "fe80::1", false)]
    [InlineData("ci.example.org", "2001:db8::1", true)]
    [InlineData("127.0.0.1", "127.0.0.1", true)]
    [InlineData("127.0.0.1", "127.0.0.2", false)]
    public void A_listed_name_may_not_lead_to_this_machine_or_its_link(string host, string address, bool may) =>
        Assert.Equal(may, AllowedHosts.MayConnect(host, IPAddress.Parse(address)));

    private static async Task<Run> RunBuildAsync(Lab lab, FakeAgentSession agent, long item, string number, params (string Key, string Value)[] labels)
    {
        var request = new PostBuildRequest { JobName = "shop", BuildNumber = number, BuildUser = "ci", PackagePath = $"shop/{number}" };
        request.Labels.Add(labels.ToDictionary(l => l.Key, l => l.Value));
        long build = (await new BuildService.BuildServiceClient(lab.Admin).PostBuildAsync(request)).Id;
        Run run = await lab.TriggerAsync(item, build);
        await (await (await agent.OfferAsync()).AcceptAsync()).EndAsync();
        return await lab.EndedAsync(run.Id);
    }

    private static bool IsStatus(Call call) => call.Path.Contains("/statuses/", StringComparison.Ordinal);

    private static string? StateOf(Call status) => JsonDocument.Parse(status.Body).RootElement.GetProperty("state").GetString();

    /// <summary>A run of a build with a commit that passed; its item has a batch of one row as its gate.</summary>
    private static async Task<Run> GatedRunAsync(Lab lab, FakeAgentSession agent)
    {
        long item = await lab.ItemAsync(Lab.Shop, job: "shop");
        ApiItem ping = await Library.CaseAsync(lab.User, "ping");
        await new GateService.GateServiceClient(lab.Admin).PutItemGateAsync(new() { TestItemId = item, Batch = new() { CaseIds = { ping.Id } } });
        return await RunBuildAsync(lab, agent, item, "1", ("GIT_URL", "git@github.com:acme/shop.git"), ("GIT_COMMIT", new string('a', 40)));
    }

    private static async Task SetAsync(Lab lab, string settings) =>
        await new SettingService.SettingServiceClient(lab.Admin).UpdateSettingsAsync(new UpdateSettingsRequest { Settings = Struct.Parser.ParseJson(settings) });

    private sealed record Call(string Method, string Path, Dictionary<string, string> Headers, byte[] Body);

    /// <summary>A web server that keeps what it is sent.</summary>
    private sealed class Listener : IAsyncDisposable
    {
        private readonly WebApplication _app;
        private readonly Lock _lock = new();
        private readonly List<Call> _calls = [];

        private Listener(WebApplication app) => _app = app;

        public int Port => new Uri(_app.Urls.First()).Port;

        public int FailNext { get; set; }

        public IReadOnlyList<Call> Calls
        {
            get
            {
                lock (_lock)
                {
                    return [.. _calls];
                }
            }
        }

        public static async Task<Listener> StartAsync()
        {
            WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions()); // not this product's settings
            builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
            WebApplication app = builder.Build();
            var listener = new Listener(app);
            app.Run(listener.KeepAsync);
            await app.StartAsync();
            return listener;
        }

        public async ValueTask DisposeAsync() => await _app.DisposeAsync();

        private async Task KeepAsync(HttpContext context)
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            bool fails = FailNext-- > 0;
            lock (_lock)
            {
                _calls.Add(new(context.Request.Method, context.Request.Path, context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray()));
            }

            context.Response.StatusCode = fails ? 503 : context.Request.Path == "/redirect" ? 302 : 200;
            if (context.Response.StatusCode == 302)
            {
                context.Response.Headers.Location = "/elsewhere";
            }
        }
    }
}
