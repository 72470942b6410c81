using System.Text.Json;
using Grpc.Core;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>The wire face of schedules.</summary>
internal sealed class BatchScheduleGrpcService(OrbitStore store, BatchScheduleCommands schedules) : Wire.BatchScheduleService.BatchScheduleServiceBase
{
    public override async Task<Wire.BatchSchedule> CreateBatchSchedule(Wire.CreateBatchScheduleRequest request, ServerCallContext context) =>
        ToWire(await schedules.CreateAsync(request.Name, request.Cron, request.TimeZone, request.Batch?.ToWish(), Caller.Of(context), context.CancellationToken));

    public override async Task<Wire.ListBatchSchedulesResponse> ListBatchSchedules(Wire.ListBatchSchedulesRequest request, ServerCallContext context)
    {
        int size = Paging.Size(request.PageSize, 0);
        string? after = Paging.TextAfter(request.PageToken);
        Page<ApiBatchSchedule> page = await store.ReadAsync((database, ct) => database.SchedulePageAsync(Caller.Of(context), after, size, ct), context.CancellationToken);
        return new() { BatchSchedules = { page.Rows.Select(s => AsSeen(s, Caller.Of(context))) }, NextPageToken = page.NextToken };
    }

    public override async Task<Wire.BatchSchedule> UpdateBatchSchedule(Wire.UpdateBatchScheduleRequest request, ServerCallContext context) =>
        ToWire(await schedules.UpdateAsync(
            request.Id, request.HasCron ? request.Cron : null, request.HasTimeZone ? request.TimeZone : null, request.HasEnabled ? request.Enabled : null, request.Batch?.ToWish(),
            Caller.Of(context), context.CancellationToken));

    public override async Task<Wire.DeleteBatchScheduleResponse> DeleteBatchSchedule(Wire.DeleteBatchScheduleRequest request, ServerCallContext context)
    {
        await schedules.DeleteAsync(request.Id, Caller.Of(context), context.CancellationToken);
        return new();
    }

    /// <summary>Why no batch began may name what its owner alone may see.</summary>
    private static Wire.BatchSchedule AsSeen(ApiBatchSchedule schedule, Caller by)
    {
        Wire.BatchSchedule wire = ToWire(schedule);
        wire.LastProblem = by.IsAdmin || by.Name == schedule.Owner ? wire.LastProblem : "";
        return wire;
    }

    private static Wire.BatchSchedule ToWire(ApiBatchSchedule schedule) => new()
    {
        Id = schedule.Id,
        Name = schedule.Name,
        Cron = schedule.Cron,
        TimeZone = schedule.TimeZone,
        Enabled = schedule.Enabled,
        Batch = JsonSerializer.Deserialize<BatchWish>(schedule.Wish)!.ToWire(),
        Owner = schedule.Owner,
        NextAt = schedule.NextAt.ToWire(),
        LastBatchId = schedule.LastBatchId,
        LastProblem = schedule.LastProblem,
    };
}
