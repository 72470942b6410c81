using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.ApiTests;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.TestItems;

namespace Orbit.ControlPlane.Gates;

/// <summary>Gives test items gates, and takes them.</summary>
internal sealed class ItemGateCommands(OrbitStore store, BatchCommands batches, TimeProvider time)
{
    /// <summary>Gives an item a gate in place of the one that it had. It is tried as a batch first, so that what is wrong is said now.</summary>
    /// <exception cref="OrbitException">TEST_ITEM_NOT_FOUND, GATE_INVALID, and those of making a batch.</exception>
    public Task<ItemGate> PutAsync(long itemId, BatchWish? batch, bool evenIfTestsFailed, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                TestItem item = await RequireAsync(database, itemId, token);
                if (batch is null or { Document.Length: > 0 })
                {
                    throw OrbitException.Invalid("GATE_INVALID", "A gate needs batch, which runs stored cases and scenarios; import a document first.");
                }

                BatchWish wish = batch with { Name = "", IdempotencyKey = "" };
                await batches.CheckAsync(database, wish, OwnerOf(by.Name), token);
                var gate = new ItemGate(by.Name, evenIfTestsFailed, JsonSerializer.Serialize(wish), time.GetUtcNow());
                string before = item.Gate;
                item.TakeGate(gate);
                database.Audit(by, gate.UpdatedAt, "test_item.gate_changed", $"test_item:{itemId}", Audited(before), Audited(item.Gate));
                return gate;
            },
            ct);

    /// <summary>Takes an item's gate off.</summary>
    /// <exception cref="OrbitException">TEST_ITEM_NOT_FOUND, GATE_NOT_FOUND.</exception>
    public Task DeleteAsync(long itemId, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                TestItem item = await RequireAsync(database, itemId, token);
                string before = item.Gate.Length > 0 ? item.Gate : throw Missing(item.Name);
                item.TakeGate(null);
                database.Audit(by, time.GetUtcNow(), "test_item.gate_removed", $"test_item:{itemId}", Audited(before));
            },
            ct);

    public static OrbitException Missing(string item) => OrbitException.NotFound("GATE_NOT_FOUND", $"Test item '{item}' has no gate.");

    /// <summary>Without an admin's rights, which its maker may have lost since.</summary>
    public static Caller OwnerOf(string owner) => new(owner, IsAdmin: false, SessionId: null, RemoteAddress: "");

    private static async Task<TestItem> RequireAsync(OrbitDbContext database, long id, CancellationToken ct) =>
        await database.TestItems.AsTracking().FirstOrDefaultAsync(i => i.Id == id, ct) ?? throw TestItemQueries.Missing(id);

    private static object? Audited(string json) =>
        ItemGate.Read(json) is { } gate ? new { gate.Owner, gate.EvenIfTestsFailed, Batch = JsonDocument.Parse(gate.Batch).RootElement } : null;
}
