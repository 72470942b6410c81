using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Notifications.Mails;
using Orbit.ControlPlane.Outbox;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.Tests.ApiTests;
using Orbit.Tests.Support;
using ApiItem = Orbit.Contracts.V1.ApiItem;
using Delivery = Orbit.Contracts.V1.Delivery;
using DeliveryKind = Orbit.Contracts.V1.DeliveryKind;
using DeliveryState = Orbit.Contracts.V1.DeliveryState;
using GateState = Orbit.Contracts.V1.GateState;
using Refused = Orbit.ControlPlane.Tests.Access.Refused;
using RowOutcome = Orbit.Contracts.V1.RowOutcome;
using Run = Orbit.Contracts.V1.Run;

namespace Orbit.ControlPlane.Tests.Notifications;

/// <summary>From the end of a run to the mail in a real mail server.</summary>
public sealed class VerdictMailTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task The_end_of_a_run_is_mailed_to_who_triggered_and_to_the_items_list_each_in_their_language(string provider)
    {
        await using MailServer mails = await MailServer.StartAsync("starttls", "orbit", "secret");
        await using Lab lab = await Lab.StartAsync(provider, [.. At(mails, "starttls"), "--Smtp:Username=orbit", "--Smtp:Password=secret", "--PublicUrl=https://orbit.example"]);
        FakeAgentSession agent = await lab.AgentAsync();
        long item = await lab.ItemAsync();
        await lab.AdjustAsync(item, i => i.Notify.Add([
            new NotifyEntry { Address = "qa@example.org", Language = "zh" }, new NotifyEntry { Address = "boss@example.org", Rule = NotifyRule.OnFailure },
            new NotifyEntry { Address = "never@example.org", Rule = NotifyRule.Never }]));
        await RunAsync(lab, agent, item, TestOutcome.Passed);
        await mails.WaitAsync(2);

        Run failed = await RunAsync(lab, agent, item, TestOutcome.Failed);

        IReadOnlyList<ArrivedMail> arrived = await mails.WaitAsync(5);
        Assert.Equal(["qa@example.org", "user@example.org"], arrived.Take(2).Select(m => m.To).Order());
        Assert.Equal(["boss@example.org", "qa@example.org", "user@example.org"], arrived.Skip(2).Select(m => m.To).Order());
        Assert.All(arrived, m => Assert.True(m.Tls && m.User == "orbit"));
        (string subject, string text, string html, byte[] png) = Read(arrived.Skip(2).Single(m => m.To == "user@example.org"));
        Assert.Equal("[Orbit] item-1: tests failed (1/2)", subject);
        Assert.Contains("- t::b [failed, new]\n    AssertionError: 1 != 2\n    second line", text, StringComparison.Ordinal);
        Assert.Contains("newly failing: 1 · compared with run 1 (passed)", text, StringComparison.Ordinal);
        Assert.Contains($"https://orbit.example/runs/{failed.Id}", text, StringComparison.Ordinal);
        Assert.Contains("50.0 %", html, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;not bold&lt;/b&gt;", html, StringComparison.Ordinal);
        Assert.DoesNotMatch(new Regex("<(script|svg|link|style)", RegexOptions.IgnoreCase), html);
        Assert.Equal((DonutPng.Size, DonutPng.Size), (BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20))));
        (string inChinese, string chinese, _, _) = Read(arrived.Skip(2).Single(m => m.To == "qa@example.org"));
        Assert.Equal("[Orbit] item-1: 测试失败 (1/2)", inChinese);
        Assert.Contains("新增失败：1", chinese, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_failure_mail_names_step_error_and_the_end_of_the_log(string provider)
    {
        await using MailServer mails = await MailServer.StartAsync("none");
        await using Lab lab = await Lab.StartAsync(provider, At(mails, "none"));
        FakeAgentSession agent = await lab.AgentAsync();
        (_, FakeWork work) = await lab.AcceptedAsync(agent);
        byte[] log = Encoding.UTF8.GetBytes("line 1\n\u001b[31mcannot bind port 9000\u001b[0m\n");
        using (FakeUpload upload = await FakeUpload.OpenAsync(agent))
        {
            await upload.LogAsync(work, "test", 0, log, end: true);
        }

        await work.TellAsync(Fact.Started("test"), Fact.Finished("test", StepStatus.Failed, "exit code 3", logLength: log.Length));
        await work.EndAsync(RunStatus.Failed, Verdict.InfrastructureError, "the tests could not be run");

        (string subject, string text, string html, byte[] png) = Read((await mails.WaitAsync(1))[0]);
        Assert.Equal("[Orbit] item-1: could not be tested", subject);
        Assert.Contains("Failed step: test\nError: test: exit code 3\n", text, StringComparison.Ordinal);
        Assert.Contains("End of the log:\nline 1\ncannot bind port 9000\n", text, StringComparison.Ordinal);
        Assert.Contains("cannot bind port 9000", html, StringComparison.Ordinal);
        Assert.Empty(png);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task People_choose_when_they_are_told_of_their_own_runs(string provider)
    {
        await using MailServer mails = await MailServer.StartAsync("none");
        await using Lab lab = await Lab.StartAsync(provider, At(mails, "none"));
        FakeAgentSession agent = await lab.AgentAsync();
        long item = await lab.ItemAsync();
        var notifications = new NotificationService.NotificationServiceClient(lab.User);
        Assert.Equal(NotifyRule.Always, (await notifications.GetMyNotificationsAsync(new GetMyNotificationsRequest())).Rule);
        await notifications.UpdateMyNotificationsAsync(new UpdateMyNotificationsRequest { Rule = NotifyRule.OnChange, Language = "zh" });
        Assert.Equal("LANGUAGE_INVALID", await Refused.ReasonAsync(async () => await notifications.UpdateMyNotificationsAsync(new UpdateMyNotificationsRequest { Language = "fr" })));

        await RunAsync(lab, agent, item, TestOutcome.Passed); // the first: a change
        await RunAsync(lab, agent, item, TestOutcome.Passed);
        await RunAsync(lab, agent, item, TestOutcome.Failed); // a change
        await RunAsync(lab, agent, item, TestOutcome.Failed);
        await notifications.UpdateMyNotificationsAsync(new UpdateMyNotificationsRequest { Rule = NotifyRule.Never });
        await RunAsync(lab, agent, item, TestOutcome.Passed);
        await notifications.UpdateMyNotificationsAsync(new UpdateMyNotificationsRequest { Rule = NotifyRule.OnFailure });
        await RunAsync(lab, agent, item, TestOutcome.Failed);

        IReadOnlyList<ArrivedMail> arrived = await mails.WaitAsync(3);
        await Eventually.HoldsAsync(async () => await lab.Orbit.Store.ReadAsync((db, ct) => db.Notices.CountAsync(ct), default) == 0);
        Assert.Equal(["[Orbit] item-1: 通过 (2/2)", "[Orbit] item-1: 测试失败 (1/2)", "[Orbit] item-1: tests failed (1/2)"], arrived.Select(m => Read(m).Subject));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_gate_is_mailed_where_it_decides_otherwise_than_before_or_anew(string provider)
    {
        await using MailServer mails = await MailServer.StartAsync("none");
        await using Lab lab = await Lab.StartAsync(provider, At(mails, "none"));
        FakeAgentSession agent = await lab.AgentAsync();
        long item = await lab.ItemAsync();
        ApiItem ping = await Library.CaseAsync(lab.User, "ping");
        await new GateService.GateServiceClient(lab.Admin).PutItemGateAsync(new() { TestItemId = item, Batch = new() { CaseIds = { ping.Id } } });
        await lab.AdjustAsync(item, i => i.Notify.Add(new NotifyEntry { Address = "qa@example.org", Rule = NotifyRule.OnFailure, Language = "zh" }));
        var notifications = new NotificationService.NotificationServiceClient(lab.User);
        await notifications.UpdateMyNotificationsAsync(new UpdateMyNotificationsRequest { Rule = NotifyRule.OnChange });
        async Task<Run> GatedAsync(RowOutcome outcome, GateState state)
        {
            Run run = await RunAsync(lab, agent, item, TestOutcome.Passed);
            await Library.EndPieceAsync(await (await agent.OfferAsync()).AcceptAsync(), _ => outcome);
            run = await lab.UntilAsync(run.Id, r => r.Gate.State == state);
            await Eventually.HoldsAsync(async () => await lab.Orbit.Store.ReadAsync((db, ct) => db.Notices.CountAsync(ct), default) == 0);
            return run;
        }

        await GatedAsync(RowOutcome.Passed, GateState.Passed); // the first: run and gate
        await mails.WaitAsync(2);
        await GatedAsync(RowOutcome.Passed, GateState.Passed);
        Run failed = await GatedAsync(RowOutcome.Failed, GateState.Failed);
        await mails.WaitAsync(4);
        await Library.Batches(lab.User).RerunFailedRowsAsync(new() { Id = failed.Gate.BatchId });
        await Library.EndPieceAsync(await (await agent.OfferAsync()).AcceptAsync(), _ => RowOutcome.Passed);

        IReadOnlyList<ArrivedMail> arrived = await mails.WaitAsync(5);
        string[] mine = [.. arrived.Where(m => m.To == "user@example.org").Select(m => Read(m).Subject)];
        Assert.Matches(@"^\[Orbit\] item-1: passed \(2/2\), gate (about to begin|under way)$", mine[0]);
        Assert.Equal(["[Orbit] item-1: passed (2/2), gate passed", "[Orbit] item-1: passed (2/2), gate failed", "[Orbit] item-1: passed (2/2), gate passed"], mine[1..]);
        (string subject, string text, string html, _) = Read(arrived.Single(m => m.To == "qa@example.org"));
        Assert.Equal("[Orbit] item-1: 通过 (2/2), 门禁失败", subject);
        Assert.Contains($"门禁: 失败: batch {failed.Gate.BatchId}: 0 passed, 1 failed", text, StringComparison.Ordinal);
        Assert.Contains("bgcolor=\"#cf222e\"", html, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_mail_that_is_not_taken_is_tried_again_and_one_refused_for_good_can_be_sent_by_hand(string provider)
    {
        await using MailServer mails = await MailServer.StartAsync("none");
        await using Lab lab = await Lab.StartAsync(provider, At(mails, "none"));
        FakeAgentSession agent = await lab.AgentAsync();
        long item = await lab.ItemAsync();
        await lab.AdjustAsync(item, i => i.Notify.Add([new NotifyEntry { Address = "refused@example.org" }, new NotifyEntry { Address = "later@example.org" }]));
        await RunAsync(lab, agent, item, TestOutcome.Passed);
        var notifications = new NotificationService.NotificationServiceClient(lab.Admin);

        Delivery dead = await OneAsync(notifications, "refused@example.org", d => d.State is DeliveryState.Dead);
        Assert.Equal((1, true), (dead.Tries, dead.Resendable));
        Assert.Contains("550 5.1.1 no such person", dead.LastError, StringComparison.Ordinal);
        Delivery later = await OneAsync(notifications, "later@example.org", d => d.Tries == 1 && d.State is DeliveryState.Waiting);
        Assert.Contains("450 4.2.1 not now", later.LastError, StringComparison.Ordinal);
        Assert.Equal("DELIVERY_NOT_RESENDABLE", await Refused.ReasonAsync(async () => await notifications.ResendDeliveryAsync(new ResendDeliveryRequest { Id = later.Id })));
        mails.Open();
        lab.Orbit.Clock.Advance(TimeSpan.FromSeconds(20));
        await OneAsync(notifications, "later@example.org", d => d.State is DeliveryState.Sent && d.Tries == 2);

        Delivery mine = await OneAsync(notifications, "user@example.org", d => d.State is DeliveryState.Sent);
        await notifications.ResendDeliveryAsync(new ResendDeliveryRequest { Id = mine.Id });
        IReadOnlyList<ArrivedMail> copies = await Eventually.ReadAsync(
            () => Task.FromResult((IReadOnlyList<ArrivedMail>)[.. mails.Mails().Where(m => m.To == "user@example.org")]), m => m.Count == 2);
        Assert.Single(copies.Select(m => Regex.Match(Encoding.ASCII.GetString(m.Raw), "^Message-ID: (.*)$", RegexOptions.Multiline).Groups[1].Value).Distinct());
        Assert.Equal(copies[0].Raw, copies[1].Raw);
        Assert.Equal("DELIVERY_NOT_FOUND", await Refused.ReasonAsync(async () => await notifications.ResendDeliveryAsync(new ResendDeliveryRequest { Id = Guid.NewGuid().ToString() })));
    }

    [Fact]
    public async Task A_mail_server_that_is_away_delays_neither_run_nor_build()
    {
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite, "--Smtp:Host=127.0.0.1", "--Smtp:Port=1", "--Smtp:Security=none", "--Smtp:From=orbit@example.org");
        FakeAgentSession agent = await lab.AgentAsync();

        Run run = await RunAsync(lab, agent, await lab.ItemAsync(), TestOutcome.Passed);
        await lab.BuildAsync("shop");

        Assert.Equal(Verdict.Passed, run.Verdict);
        var notifications = new NotificationService.NotificationServiceClient(lab.Admin);
        Delivery waits = await OneAsync(notifications, "user@example.org", d => d.State is DeliveryState.Waiting && d.Tries == 1);
        Assert.Contains("cannot be reached", waits.LastError, StringComparison.Ordinal);
        Assert.Equal("MAIL_NOT_SENT", await Refused.ReasonAsync(async () => await notifications.SendTestMailAsync(new SendTestMailRequest())));
    }

    [Fact]
    public async Task A_test_mail_tells_what_the_server_said_and_settings_win_over_the_configuration()
    {
        await using MailServer mails = await MailServer.StartAsync("none", "orbit", "secret");
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite);
        var notifications = new NotificationService.NotificationServiceClient(lab.Admin);
        Assert.Equal("MAIL_NOT_CONFIGURED", await Refused.ReasonAsync(async () => await notifications.SendTestMailAsync(new SendTestMailRequest())));
        await new SettingService.SettingServiceClient(lab.Admin).UpdateSettingsAsync(new UpdateSettingsRequest
        {
            Settings = Google.Protobuf.WellKnownTypes.Struct.Parser.ParseJson(
                $$"""{"smtp_host":"localhost","smtp_port":{{mails.Port}},"smtp_security":"none","smtp_username":"orbit","smtp_password":"secret","mail_from":"ci@example.org","project_name":"CDN Lab"}"""),
        });

        SendTestMailResponse sent = await notifications.SendTestMailAsync(new SendTestMailRequest());

        Assert.Equal(("admin@example.org", "250 OK kept as 1"), (sent.To, sent.Answer));
        ArrivedMail mail = Assert.Single(mails.Mails());
        Assert.Equal(("ci@example.org", "orbit"), (mail.From, mail.User));
        Assert.Equal("EMAIL_INVALID", await Refused.ReasonAsync(async () => await notifications.SendTestMailAsync(new SendTestMailRequest { To = "a@b, c@d" })));
        Assert.Equal("ROLE_MISSING", await Refused.ReasonAsync(async () => await new NotificationService.NotificationServiceClient(lab.User).SendTestMailAsync(new SendTestMailRequest())));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_run_of_which_nothing_can_be_told_keeps_no_other_from_being_told(string provider)
    {
        await using MailServer mails = await MailServer.StartAsync("none");
        await using Lab lab = await Lab.StartAsync(provider, At(mails, "none"));
        lab.Orbit.Log.ExpectErrors(1002);
        FakeAgentSession agent = await lab.AgentAsync();
        (long broken, long sound) = (await lab.ItemAsync(), await lab.ItemAsync());
        await lab.Orbit.Store.WriteAsync((database, ct) => database.RunAsync("UPDATE test_items SET notify = 'not json' WHERE id = @p0", [broken], ct), default);
        Run first = await RunAsync(lab, agent, broken, TestOutcome.Passed);

        Run second = await RunAsync(lab, agent, sound, TestOutcome.Passed);

        ArrivedMail told = Assert.Single(await mails.WaitAsync(1));
        Assert.Contains($"run {second.Id}", Read(told).Text, StringComparison.OrdinalIgnoreCase);
        Assert.Equal([first.Id], await lab.Orbit.Store.ReadAsync((database, ct) => database.QueryAsync("SELECT run_id FROM notices", [], static row => row.Long(0), ct), default));
    }

    [Fact]
    public async Task A_preview_shows_the_mail_as_a_page()
    {
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite);
        FakeAgentSession agent = await lab.AgentAsync();
        Run run = await RunAsync(lab, agent, await lab.ItemAsync(), TestOutcome.Failed);
        var notifications = new NotificationService.NotificationServiceClient(lab.User);

        PreviewRunMailResponse preview = await notifications.PreviewRunMailAsync(new PreviewRunMailRequest { RunId = run.Id, Language = "zh" });

        Assert.Equal("[Orbit] item-1: 测试失败 (1/2)", preview.Subject);
        Assert.Contains("src=\"data:image/png;base64,", preview.Html, StringComparison.Ordinal);
        Run waits = await lab.TriggerAsync(await lab.ItemAsync(labels: ("no", "where")));
        Assert.Equal("RUN_NOT_ENDED", await Refused.ReasonAsync(async () => await notifications.PreviewRunMailAsync(new PreviewRunMailRequest { RunId = waits.Id })));
        Assert.Equal("RUN_NOT_FOUND", await Refused.ReasonAsync(async () => await notifications.PreviewRunMailAsync(new PreviewRunMailRequest { RunId = 4711 })));
    }

    [Fact]
    public void A_donut_has_its_parts_in_their_colours_clockwise_from_the_top()
    {
        byte[] png = DonutPng.Draw([new(1, 0x2da44e), new(1, 0xcf222e)]);

        int length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(33));
        using var zlib = new ZLibStream(new MemoryStream(png, 41, length), CompressionMode.Decompress);
        using var pixels = new MemoryStream();
        zlib.CopyTo(pixels);
        byte[] rows = pixels.ToArray();
        int At(int x, int y)
        {
            int at = (y * (1 + (DonutPng.Size * 3))) + 1 + (x * 3);
            return (rows[at] << 16) | (rows[at + 1] << 8) | rows[at + 2];
        }

        const int Middle = DonutPng.Size / 2;
        Assert.Equal((0x2da44e, 0xcf222e), (At(DonutPng.Size - 20, Middle), At(20, Middle)));
        Assert.Equal((0xffffff, 0xffffff), (At(Middle, Middle), At(1, 1)));
        Assert.Equal(0xcbf43926, Crc32.Of(Encoding.ASCII.GetBytes("123456789")));
    }

    private static string[] At(MailServer mails, string security) =>
        ["--Smtp:Host=localhost", $"--Smtp:Port={mails.Port}", $"--Smtp:Security={security}", "--Smtp:From=orbit@example.org", .. security == "none" ? (string[])[] : [$"--Smtp:CaFile={mails.CaFile}"]];

    /// <summary>A run of two tests; the second goes as the test wants.</summary>
    private static async Task<Run> RunAsync(Lab lab, FakeAgentSession agent, long item, TestOutcome second)
    {
        Run run = await lab.TriggerAsync(item);
        FakeWork work = await (await agent.OfferAsync()).AcceptAsync();
        AgentEvent tested = Fact.Tested("t::b", second, 1);
        tested.TestEnded.Message = second is TestOutcome.Passed ? "" : "AssertionError: 1 != 2\nsecond line\n<b>not bold</b>";
        await work.TellAsync(Fact.Started("test"), Fact.Collected("t::a", "t::b"), Fact.Tested("t::a", TestOutcome.Passed), tested, Fact.Finished("test"));
        await work.EndAsync(RunStatus.Completed, second is TestOutcome.Passed ? Verdict.Passed : Verdict.TestsFailed);
        return await lab.EndedAsync(run.Id);
    }

    private static Task<Delivery> OneAsync(NotificationService.NotificationServiceClient notifications, string to, Func<Delivery, bool> done) =>
        Eventually.ReadAsync(
            async () => (await notifications.ListDeliveriesAsync(new ListDeliveriesRequest { Kind = DeliveryKind.Mail })).Deliveries.FirstOrDefault(d => d.Target == to) ?? new Delivery(), done);

    private static (string Subject, string Text, string Html, byte[] Png) Read(ArrivedMail mail)
    {
        string raw = Encoding.ASCII.GetString(mail.Raw);
        string subject = Regex.Match(raw, @"^Subject: ((?:.*\r\n[ ])*.*)\r$", RegexOptions.Multiline).Groups[1].Value;
        MatchCollection words = Regex.Matches(subject, @"=\?utf-8\?B\?([^?]*)\?=");
        subject = words.Count == 0 ? subject : Encoding.UTF8.GetString([.. words.SelectMany(w => Convert.FromBase64String(w.Groups[1].Value))]);
        return (subject, Encoding.UTF8.GetString(Part("text/plain")).ReplaceLineEndings("\n"), Encoding.UTF8.GetString(Part("text/html")), Part("image/png"));

        byte[] Part(string type)
        {
            Match part = Regex.Match(raw, $@"Content-Type: {type}.*?\r\n\r\n([A-Za-z0-9+/=\r\n]*)", RegexOptions.Singleline);
            return part.Success ? Convert.FromBase64String(part.Groups[1].Value.Trim()) : [];
        }
    }
}
