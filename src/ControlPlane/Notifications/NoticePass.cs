using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Notifications.Callbacks;
using Orbit.ControlPlane.Notifications.Mails;
using Orbit.ControlPlane.Outbox;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Settings;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.TestItems;

namespace Orbit.ControlPlane.Notifications;

/// <summary>Turns ends of runs and decisions of gates into mails and messages: decides who is told, and in which words. One transaction each, which also removes the notice.</summary>
internal sealed class NoticePass(
    OrbitStore store, MailSending mails, CallbackClient client, IEnumerable<ICiStatus> systems, SettingsSnapshot settings, PublicUrl url, TimeProvider time, Signals signals, ILogger<NoticePass> log)
    : PeriodicPass(time, signals, log)
{
    private readonly TimeProvider _time = time;
    private readonly ILogger _log = log;

    /// <inheritdoc />
    protected override TimeSpan Pause => TimeSpan.FromSeconds(5);

    /// <inheritdoc />
    protected override IReadOnlyList<string> Hints { get; } = [OutboxTopics.Noticed];

    /// <inheritdoc />
    protected override async Task RunOnceAsync(CancellationToken ct)
    {
        var failures = new List<Exception>();
        long after = 0;
        bool more = true;
        while (more)
        {
            long? taken = null;
            try
            {
                more = await store.WriteAsync((database, cancel) => TellOneAsync(database, after, id => taken = id, cancel), ct);
            }
            catch (Exception failure) when (taken is not null && IsOfOne(failure))
            {
                failures.Add(failure); // it stays for the next pass, and those behind it have their turn
                after = taken.Value;
            }
        }

        FailOf(failures);
    }

    /// <summary>Takes the first notice behind <paramref name="after"/>.</summary>
    /// <returns>False when there is none left.</returns>
    private async Task<bool> TellOneAsync(OrbitDbContext database, long after, Action<long> taking, CancellationToken ct)
    {
        string skip = database.IsEmbedded ? "" : " FOR UPDATE SKIP LOCKED";
        List<(long RunId, int Attempt, bool OfGate, long Id)> taken = await database.QueryAsync(
            $"DELETE FROM notices WHERE id = (SELECT id FROM notices WHERE id > @p0 ORDER BY id LIMIT 1{skip}) RETURNING run_id, attempt, of_gate, id",
            [after], static row => (row.Long(0), row.Int(1), row.Flag(2), row.Long(3)), ct);
        if (taken.Count == 0)
        {
            return false;
        }

        taking(taken[0].Id);
        RunFacts? facts = await database.RunFactsAsync(taken[0].RunId, ct);
        if (facts is null || facts.Run.Attempt != taken[0].Attempt || (taken[0].OfGate && facts.Gate is not { IsOpen: false }))
        {
            return true; // a further attempt, or the gate's batch, is under way again and will be told of when it has ended
        }

        facts = facts with { OfGate = taken[0].OfGate };

        var place = new MailPlace(settings.Get(SettingCatalog.ProjectName), url.Value);
        TestItem? item = await database.TestItems.AsNoTracking().FirstOrDefaultAsync(i => i.Id == facts.Run.TestItemId, ct);
        int told = mails.IsConfigured ? await MailAsync(database, facts, item, place, ct) : 0;
        told += await CallAsync(database, facts, place, ct);
        _log.RunTold(facts.Run.Id, told);
        return true;
    }

    private async Task<int> MailAsync(OrbitDbContext database, RunFacts facts, TestItem? item, MailPlace place, CancellationToken ct)
    {
        var people = new Dictionary<string, (NotifyRule Rule, string Language)>(StringComparer.Ordinal);
        foreach (NotifyEntry entry in item?.NotifyList ?? [])
        {
            NotificationChoice own = await database.ChoiceOfAsync(entry.Address, ct);
            people[entry.Address] = (entry.Rule, entry.Language.Length > 0 ? entry.Language : own.Language);
        }

        foreach (string person in new[] { facts.Run.RequestedBy, facts.Owner }.Where(p => p.Contains('@', StringComparison.Ordinal)))
        {
            NotificationChoice own = await database.ChoiceOfAsync(person, ct);
            NotifyRule rule = people.TryGetValue(person, out (NotifyRule Rule, string Language) listed) && Wants(listed.Rule, facts) ? listed.Rule : own.Rule;
            people[person] = (rule, own.Language.Length > 0 ? own.Language : listed.Language ?? "");
        }

        DateTimeOffset now = _time.GetUtcNow();
        var written = new Dictionary<string, (string Subject, byte[] Content)>(StringComparer.Ordinal);
        string[] to = [.. people.Where(p => Wants(p.Value.Rule, facts)).Select(p => p.Key)];
        foreach (string address in to)
        {
            string language = people[address].Language is { Length: > 0 } chosen ? chosen : settings.Get(SettingCatalog.MailLanguage);
            if (!written.TryGetValue(language, out (string Subject, byte[] Content) mail))
            {
                var made = new RunMail(facts, language, place);
                mail = written[language] = (AgentText.Cut(made.Subject, 500), made.Body().ToBytes());
            }

            database.Enqueue(Delivery.AboutRun(facts.Run.Id, DeliveryKind.Mail, address, mail.Subject, mail.Content, now));
        }

        return to.Length;
    }

    private async Task<int> CallAsync(OrbitDbContext database, RunFacts facts, MailPlace place, CancellationToken ct)
    {
        DateTimeOffset now = _time.GetUtcNow();
        AllowedHosts allowed = client.Allowed;
        int told = 0;
        long item = facts.Run.TestItemId;
        foreach (Webhook webhook in await database.Webhooks.AsNoTracking().Where(w => w.TestItemId == null || w.TestItemId == item).OrderBy(w => w.Id).ToListAsync(ct))
        {
            if (Wants(webhook.Rule, facts))
            {
                database.Enqueue(Delivery.AboutRun(facts.Run.Id, DeliveryKind.Webhook, webhook.Url, facts.Happened, RunEndedJson.Write(facts, place), now, webhook.Id));
                told++;
            }
        }

        foreach (ICiStatus system in systems)
        {
            if (system.Tell(facts, allowed, place) is { } message)
            {
                if (message.Replaces)
                {
                    await database.TakeBackAsync(facts.Run.Id, system.Kind, message.Target.AbsoluteUri, ct);
                }

                database.Enqueue(Delivery.AboutRun(facts.Run.Id, system.Kind, message.Target.AbsoluteUri, message.Subject, message.Content, now));
                told++;
            }
        }

        return told;
    }

    private static bool Wants(NotifyRule rule, RunFacts facts) => rule switch
    {
        NotifyRule.Always => true,
        NotifyRule.OnFailure => !facts.IsGood,
        NotifyRule.OnChange => facts.IsChange,
        _ => false,
    };
}
