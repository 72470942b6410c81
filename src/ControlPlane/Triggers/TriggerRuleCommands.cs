using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.TestItems;

namespace Orbit.ControlPlane.Triggers;

/// <summary>Makes, changes and deletes rules.</summary>
internal sealed class TriggerRuleCommands(OrbitStore store, TimeProvider time)
{
    private const int MostOfItem = 20;

    /// <summary>Makes a rule.</summary>
    /// <exception cref="OrbitException">TRIGGER_RULE_INVALID, TEST_ITEM_NOT_FOUND, TRIGGER_RULE_NEEDS_JOB, TOO_MANY_TRIGGER_RULES.</exception>
    public Task<TriggerRule> CreateAsync(long testItemId, TriggerRuleFacts given, Caller by, CancellationToken ct)
    {
        DateTimeOffset now = time.GetUtcNow();
        TriggerRuleFacts facts = given.Check(now);
        return store.WriteAsync(
            async (database, token) =>
            {
                TestItem item = await database.TestItems.RequireAsync(testItemId, token);
                RequireJob(item, facts);
                if (await database.TriggerRules.CountAsync(r => r.TestItemId == testItemId, token) >= MostOfItem)
                {
                    throw OrbitException.Conflict("TOO_MANY_TRIGGER_RULES", $"Test item '{item.Name}' has {MostOfItem} rules already, which is the most.");
                }

                var rule = new TriggerRule(testItemId, facts, by.Name, now);
                database.TriggerRules.Add(rule);
                await database.SaveChangesAsync(token); // gives the id
                database.Audit(by, now, "trigger_rule.created", Subject(rule), null, Audited(rule));
                return rule;
            },
            ct);
    }

    /// <summary>Replaces a rule whole.</summary>
    /// <exception cref="OrbitException">As <see cref="CreateAsync"/>; TRIGGER_RULE_NOT_FOUND.</exception>
    public Task<TriggerRule> UpdateAsync(long id, TriggerRuleFacts given, Caller by, CancellationToken ct)
    {
        DateTimeOffset now = time.GetUtcNow();
        TriggerRuleFacts facts = given.Check(now);
        return store.WriteAsync(
            async (database, token) =>
            {
                TriggerRule rule = await database.TriggerRules.RequireAsync(id, token);
                RequireJob(await database.TestItems.RequireAsync(rule.TestItemId, token), facts);
                object before = Audited(rule);
                rule.Take(facts, now);
                database.Audit(by, now, "trigger_rule.changed", Subject(rule), before, Audited(rule));
                return rule;
            },
            ct);
    }

    /// <summary>Deletes a rule.</summary>
    /// <exception cref="OrbitException">TRIGGER_RULE_NOT_FOUND.</exception>
    public Task DeleteAsync(long id, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                TriggerRule rule = await database.TriggerRules.RequireAsync(id, token);
                database.TriggerRules.Remove(rule);
                database.Audit(by, time.GetUtcNow(), "trigger_rule.deleted", Subject(rule), Audited(rule));
            },
            ct);

    private static void RequireJob(TestItem item, TriggerRuleFacts facts)
    {
        if (item.JobName.Length == 0 && facts.Kind is not TriggerKind.Schedule)
        {
            throw OrbitException.Conflict("TRIGGER_RULE_NEEDS_JOB", $"Test item '{item.Name}' names no CI job, so there are no builds for the rule to follow.");
        }
    }

    private static string Subject(TriggerRule rule) => $"trigger_rule:{rule.Id}";

    private static object Audited(TriggerRule rule) => new { rule.TestItemId, rule.Kind, rule.Cron, rule.TimeZone, rule.Enabled, rule.Priority };
}
