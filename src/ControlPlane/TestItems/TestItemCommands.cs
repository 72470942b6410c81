using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.ParameterSets;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.TestItems;

/// <summary>Makes, changes and deletes test items.</summary>
internal sealed class TestItemCommands(OrbitStore store, TimeProvider time, ILogger<TestItemCommands> log)
{
    /// <summary>Creates an item.</summary>
    /// <exception cref="OrbitException">NAME_INVALID, TEST_ITEM_INVALID, PARAMETER_SET_NOT_FOUND, TEST_ITEM_EXISTS.</exception>
    public async Task<TestItem> CreateAsync(TestItemFacts facts, Caller by, CancellationToken ct)
    {
        facts.Check();
        TestItem made = await Refusing(
            facts,
            store.WriteAsync(
                async (database, token) =>
                {
                    long setId = facts.ParameterSetId == 0 ? await database.DefaultParameterSetAsync(token) : facts.ParameterSetId;
                    var item = new TestItem(facts, setId, time.GetUtcNow());
                    database.TestItems.Add(item);
                    await database.SaveChangesAsync(token); // gives the id
                    database.Audit(by, item.CreatedAt, "test_item.created", Subject(item.Id), null, Audited(item));
                    return item;
                },
                ct));
        log.ItemCreated(made.Id, made.Name, by.Name);
        return made;
    }

    /// <summary>Replaces an item whole.</summary>
    /// <exception cref="OrbitException">As <see cref="CreateAsync"/>; TEST_ITEM_NOT_FOUND.</exception>
    public async Task<TestItem> UpdateAsync(long id, TestItemFacts facts, Caller by, CancellationToken ct)
    {
        facts.Check();
        TestItem changed = await Refusing(
            facts,
            store.WriteAsync(
                async (database, token) =>
                {
                    TestItem item = await database.TestItems.AsTracking().FirstOrDefaultAsync(i => i.Id == id, token) ?? throw TestItemQueries.Missing(id);
                    object before = Audited(item);
                    item.Take(facts, facts.ParameterSetId == 0 ? item.ParameterSetId : facts.ParameterSetId, time.GetUtcNow());
                    database.Audit(by, item.UpdatedAt, "test_item.changed", Subject(id), before, Audited(item));
                    return item;
                },
                ct));
        log.ItemChanged(id, by.Name);
        return changed;
    }

    /// <summary>Deletes an item; its runs stay.</summary>
    /// <exception cref="OrbitException">TEST_ITEM_NOT_FOUND; TEST_ITEM_BUSY while a run of it has not ended.</exception>
    public async Task DeleteAsync(long id, Caller by, CancellationToken ct)
    {
        await store.WriteAsync(
            async (database, token) =>
            {
                TestItem item = await database.TestItems.RequireAsync(id, token);

                // In SQL: runs know their items, so items may not know runs. Served by the runs' index on (test_item_id, id).
                int removed = await database.RunAsync(
                    "DELETE FROM test_items WHERE id = @p0 AND NOT EXISTS (SELECT 1 FROM runs WHERE test_item_id = @p0 AND status NOT IN ('Completed', 'Failed', 'Cancelled'))",
                    [id],
                    token);
                if (removed == 0)
                {
                    throw OrbitException.Conflict("TEST_ITEM_BUSY", $"Test item '{item.Name}' cannot be deleted while a run of it has not ended. Cancel the run, or wait.");
                }

                database.Audit(by, time.GetUtcNow(), "test_item.deleted", Subject(id), Audited(item));
            },
            ct);
        log.ItemDeleted(id, by.Name);
    }

    private static string Subject(long id) => $"test_item:{id}";

    private static object Audited(TestItem item) => new
    {
        item.Name,
        item.JobName,
        item.ParameterSetId,
        Labels = item.LabelPairs,
        item.PackagePattern,
        item.Enabled,
        Agents = item.AgentNames,
        Notify = item.NotifyList,
        item.Rollback,
        item.Concurrency,
        item.NewestOnly,
    };

    private static async Task<TestItem> Refusing(TestItemFacts facts, Task<TestItem> work)
    {
        try
        {
            return await work;
        }
        catch (Exception taken) when (taken.IsUnique())
        {
            throw new OrbitException(Refusal.Exists, "TEST_ITEM_EXISTS", $"There is a test item '{facts.Name}' already.");
        }
        catch (Exception missing) when (missing.IsReference())
        {
            throw ParameterSetQueries.Missing(facts.ParameterSetId);
        }
    }
}
