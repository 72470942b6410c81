using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Scheduling;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Makes batches and changes them.</summary>
internal sealed class BatchCommands(OrbitStore store, EnvironmentCommands environments, TimeProvider time)
{
    private const int MostRows = 1_000_000;
    private const int StandardConcurrency = 5;
    private const int GroupRows = 1000;

    public async Task<long> CreateAsync(BatchWish wish, Caller by, CancellationToken ct)
    {
        Check(wish);
        return await store.WriteAsync(
            async (database, token) =>
            {
                string? key = wish.IdempotencyKey.Length == 0 ? null : wish.IdempotencyKey;
                if (key is not null && await database.ApiBatches.AsNoTracking().Where(b => b.RequestedBy == by.Name && b.IdempotencyKey == key).Select(b => b.Id).FirstOrDefaultAsync(token) is > 0 and var same)
                {
                    return same;
                }

                BatchCopy copy = await database.CopyAsync(wish, environments, by, time, token);
                long total = (long)copy.Targets.Count * copy.Rows.Count;
                if (total > MostRows)
                {
                    throw OrbitException.Invalid("BATCH_INVALID", $"The batch would have {total} rows; {MostRows} are allowed.");
                }

                ApiBatch batch = Make(wish, copy, (int)total, key, by);
                database.ApiBatches.Add(batch);
                await database.SaveChangesAsync(token);
                await database.KeepFilesAsync(batch.Id, copy.Files, token);
                await AddRowsAsync(database, batch.Id, copy, token);
                database.Audit(by, batch.CreatedAt, "batch.created", $"batch:{batch.Id}", @new: new { batch.Name, copy.Targets, batch.TotalCount, batch.Environment, batch.Concurrency });
                database.RaiseAfterCommit(Topics.Batches);
                return batch.Id;
            },
            ct);
    }

    /// <summary>Refuses what could not be begun now.</summary>
    /// <exception cref="OrbitException">As creating.</exception>
    public Task CheckAsync(OrbitDbContext database, BatchWish wish, Caller by, CancellationToken ct)
    {
        Check(wish);
        return database.CopyAsync(wish, environments, by, time, ct);
    }

    public Task PauseAsync(long id, Caller by, CancellationToken ct) => ChangeAsync(id, by, "batch.paused", "paused", (_, batch, _) => Done(batch.Pause), ct);

    public Task ResumeAsync(long id, Caller by, CancellationToken ct) => ChangeAsync(id, by, "batch.resumed", "resumed", (_, batch, _) => Done(batch.Resume), ct);

    public Task LimitAsync(long id, int concurrency, Caller by, CancellationToken ct)
    {
        CheckConcurrency(concurrency);
        return ChangeAsync(id, by, "batch.limited", $"{concurrency} rows at a time", (_, batch, _) => Done(() => batch.Limit(concurrency)), ct);
    }

    /// <summary>Wants the end: what waits is withdrawn, agents are told to give up what they have.</summary>
    public Task StopAsync(long id, Caller by, CancellationToken ct) => ChangeAsync(
        id, by, "batch.stopped", "to be stopped",
        async (database, batch, token) =>
        {
            batch.Stop();
            DateTimeOffset now = time.GetUtcNow();
            List<(Guid Id, long? Agent)> pieces = await database.QueryAsync(
                "SELECT w.id, w.agent_id FROM api_batch_pieces p JOIN work_items w ON w.id = p.id WHERE p.batch_id = @p0", [id], static row => (row.Uuid(0), row.LongOrNull(1)), token);
            foreach ((Guid piece, long? agent) in pieces)
            {
                if (!await database.WithdrawAsync(piece, now, token))
                {
                    await database.WantEndAsync(piece, $"batch {id} was stopped by {by.Name}", now, token);
                    database.RaiseAfterCommit(Topics.Agent(agent ?? 0));
                }
            }
        },
        ct);

    public Task RerunFailedAsync(long id, Caller by, CancellationToken ct) => ChangeAsync(
        id, by, "batch.rerun", "failed rows run again",
        async (database, batch, token) =>
        {
            int rows = await database.RunAsync("UPDATE api_batch_rows SET outcome = NULL, piece_id = NULL, tries = 0, attempt = attempt + 1 WHERE batch_id = @p0 AND outcome = 'Failed'", [id], token);
            batch.RerunFailed(rows);
            TellGate(database, batch);
        },
        ct);

    /// <summary>Adds an event under the lock on the batch.</summary>
    public static void Tell(OrbitDbContext database, ApiBatch batch, string text, DateTimeOffset now, bool ended = false)
    {
        database.ApiBatchEvents.Add(new() { BatchId = batch.Id, Seq = ++batch.LastSeq, At = now, Text = text, Ended = ended });
        database.RaiseAfterCommit(Topics.Batch(batch.Id));
    }

    /// <summary>The batch has ended or goes on: the gate that it is may stand otherwise now.</summary>
    public static void TellGate(OrbitDbContext database, ApiBatch batch)
    {
        if (batch.RunId is not null)
        {
            database.RaiseAfterCommit(Topics.Gates);
        }
    }

    private Task ChangeAsync(long id, Caller by, string action, string text, Func<OrbitDbContext, ApiBatch, CancellationToken, Task> change, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                await database.LockBatchAsync(id, token);
                ApiBatch batch = await database.ApiBatches.AsTracking().RequireAsync(id, token);
                await database.RequireSteerableAsync(batch, by, token);
                object before = Audited(batch);
                await change(database, batch, token);
                batch.Revision++;
                DateTimeOffset now = time.GetUtcNow();
                Tell(database, batch, $"{text}, by {by.Name}", now);
                database.Audit(by, now, action, $"batch:{id}", before, Audited(batch));
                database.RaiseAfterCommit(Topics.Batches);
            },
            ct);

    private static Task Done(Action change)
    {
        change();
        return Task.CompletedTask;
    }

    private ApiBatch Make(BatchWish wish, BatchCopy copy, int total, string? key, Caller by)
    {
        Guid owner = Guid.CreateVersion7();
        int concurrency = wish.Concurrency == 0 ? StandardConcurrency : wish.Concurrency;
        return new()
        {
            Adaptive = wish.Adaptive,
            Level = wish.Adaptive ? AdaptiveLevel.First(concurrency) : concurrency,
            Pools = JsonSerializer.Serialize(copy.Pools),
            Items = JsonSerializer.Serialize(copy.Items),
            Shared = wish.Shared,
            Name = wish.Name.Length > 0 ? wish.Name : Cut(string.Join(", ", copy.Targets)),
            Concurrency = concurrency,
            Priority = wish.Priority,
            TotalCount = total,
            RequestedBy = by.Name,
            IdempotencyKey = key,
            CreatedAt = time.GetUtcNow(),
            Document = copy.Document,
            Targets = JsonSerializer.Serialize(copy.Targets),
            Environment = copy.Environment,
            SecretOwner = owner,
            SealedSecrets = environments.Seal(copy.Secrets, owner),
            Labels = LabelsJson.Write(wish.Labels),
            Seed = wish.Seed == 0 ? Random.Shared.Next(1, int.MaxValue) : wish.Seed,
            RatePerHost = wish.RatePerHost,
            PartRows = wish.PartRows,
            PartPause = wish.PartPause,
            RunId = wish.Run?.Id,
            RunAttempt = wish.Run?.Attempt ?? 0,
        };
    }

    private static async Task AddRowsAsync(OrbitDbContext database, long batch, BatchCopy copy, CancellationToken ct)
    {
        long number = 0;
        IEnumerable<ApiBatchRow> rows = copy.Targets.SelectMany(target => copy.Rows.Select(row => new ApiBatchRow
        {
            BatchId = batch,
            RowNo = number++,
            Target = target,
            Name = row.Name,
            Content = row.Content,
            Expect = row.Expect,
        }));
        foreach (ApiBatchRow[] group in rows.Chunk(GroupRows))
        {
            BulkColumn[] columns =
            [
                new("batch_id", "bigint", Array.ConvertAll(group, r => r.BatchId)),
                new("row_no", "bigint", Array.ConvertAll(group, r => r.RowNo)),
                new("target", "text", Array.ConvertAll(group, r => r.Target)),
                new("name", "text", Array.ConvertAll(group, r => r.Name)),
                new("content", "text", Array.ConvertAll(group, r => r.Content)),
                new("expect", "text", Array.ConvertAll(group, r => r.Expect)),
                new("attempt", "integer", Array.ConvertAll(group, r => r.Attempt)),
                new("tries", "integer", Array.ConvertAll(group, r => r.Tries)),
            ];
            await database.InsertAsync("api_batch_rows", columns, onConflict: null, ct);
        }
    }

    private static void Check(BatchWish wish)
    {
        CheckConcurrency(wish.Concurrency == 0 ? StandardConcurrency : wish.Concurrency);
        string? problem = wish.Name.Length > 0 && TextRule.NameProblem(wish.Name, 200) is { } name ? $"The name {name}."
            : wish.Priority is < -10 or > 10 ? "The priority must be from -10 to 10."
            : wish.RatePerHost is < 0 or > 1_000_000 || double.IsNaN(wish.RatePerHost) ? "rate_per_host must be from 0 to 1,000,000."
            : wish.PartRows < 0 || wish.PartPause is < 0 or > 86_400 ? "part_rows must not be negative, part_pause_s must be from 0 to 86,400."
            : wish.Shared && wish.Document.Length == 0 ? "shared is of documents; stored cases say themselves who may see them."
            : wish.Seed < 0 ? "The seed must not be negative."
            : wish.IdempotencyKey.Length > 128 || !TextRule.IsStorable(wish.IdempotencyKey) ? "idempotency_key has at most 128 characters." : null;
        if (problem is not null)
        {
            throw OrbitException.Invalid("BATCH_INVALID", problem);
        }
    }

    private static void CheckConcurrency(int concurrency)
    {
        if (concurrency is < 1 or > ApiBatch.MostConcurrency)
        {
            throw OrbitException.Invalid("BATCH_INVALID", $"The concurrency must be from 1 to {ApiBatch.MostConcurrency}.");
        }
    }

    private static string Cut(string text) => text.Length <= 200 ? text : text[..199] + "…";

    private static object Audited(ApiBatch batch) => new { batch.Status, batch.Stopping, batch.Concurrency, batch.FailCount };
}
