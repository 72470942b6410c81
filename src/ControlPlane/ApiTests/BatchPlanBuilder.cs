using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Orbit.ControlPlane.Scheduling;
using Orbit.ControlPlane.Settings;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Makes the plans of pieces. The environment's secrets and what files it sends are added when a plan is sent; they are not in the queue.</summary>
internal sealed class BatchPlanBuilder(OrbitStore store, EnvironmentCommands environments, SettingsSnapshot settings) : IPlanFilling, IWorkFiles
{
    /// <summary>No further row of a piece begins after it, so that a changed batch is heeded soon.</summary>
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(5);

    public WorkKind Kind => WorkKind.Api;

    /// <summary>The plan of some rows, without secrets.</summary>
    public byte[] Build(ApiBatch batch, IEnumerable<ApiBatchRow> rows)
    {
        var piece = new Wire.ApiPieceWork
        {
            BatchId = batch.Id,
            Document = batch.Document,
            Environment = batch.Environment,
            Seed = batch.Seed,
            RatePerHost = batch.RatePerHost / batch.Concurrency,
            TimeSlice = Duration.FromTimeSpan(Slice),
            RecordBodyBytes = (int)settings.Get(SettingCatalog.ApiRecordBodyBytes),
        };
        piece.ForbiddenRanges.AddRange(settings.Get(SettingCatalog.ApiForbiddenRanges).Split([',', ' '], StringSplitOptions.RemoveEmptyEntries));
        piece.Rows.AddRange(rows.Select(r => new Wire.ApiPieceRow { Row = r.RowNo, Attempt = r.Attempt, Target = r.Target, Name = r.Name, Values = r.Content, Expect = r.Expect }));
        return new Wire.Plan { ApiPiece = piece }.ToByteArray();
    }

    /// <inheritdoc />
    public async Task<byte[]> FillAsync(byte[] plan, CancellationToken ct)
    {
        Wire.Plan filled = Wire.Plan.Parser.ParseFrom(plan);
        ((Guid owner, byte[] stored), List<ApiBatchFile> files) = await store.ReadAsync(
            async (database, cancel) => (await database.SecretsOfAsync(filled.ApiPiece.BatchId, cancel), await database.FilesOfBatchAsync(filled.ApiPiece.BatchId, cancel)), ct);
        filled.ApiPiece.Files.Add(files.ToDictionary(f => f.Name, f => new Wire.ApiPieceFile { Sha256 = f.Sha256, Size = f.Size }));
        filled.ApiPiece.Secrets.Add(environments.Open(stored, owner));
        return filled.ToByteArray();
    }

    /// <inheritdoc />
    public Task<Guid?> BlobOfAsync(Guid work, string sha256, CancellationToken ct) =>
        store.ReadAsync((database, cancel) => database.BlobOfPieceAsync(work, sha256, cancel), ct);
}
