using Grpc.Core;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.TestItems;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Triggers;

/// <summary>The wire face of trigger rules.</summary>
internal sealed class TriggerRuleGrpcService(TriggerRuleCommands commands, OrbitStore store, TimeProvider time) : Wire.TriggerRuleService.TriggerRuleServiceBase
{
    private const int Previewed = 5;

    public override async Task<Wire.ListTriggerRulesResponse> ListTriggerRules(Wire.ListTriggerRulesRequest request, ServerCallContext context)
    {
        List<TriggerRule> rules = await store.ReadAsync(
            async (database, ct) =>
            {
                if (request.TestItemId != 0)
                {
                    await database.TestItems.RequireAsync(request.TestItemId, ct);
                }

                return await database.TriggerRules.OfItemAsync(request.TestItemId, ct);
            },
            context.CancellationToken);
        return new() { Rules = { rules.Select(r => r.ToWire()) } };
    }

    public override async Task<Wire.TriggerRule> CreateTriggerRule(Wire.CreateTriggerRuleRequest request, ServerCallContext context) =>
        (await commands.CreateAsync(request.TestItemId, request.ToFacts(), Caller.Of(context), context.CancellationToken)).ToWire();

    public override async Task<Wire.TriggerRule> UpdateTriggerRule(Wire.UpdateTriggerRuleRequest request, ServerCallContext context) =>
        (await commands.UpdateAsync(request.Id, request.ToFacts(), Caller.Of(context), context.CancellationToken)).ToWire();

    public override async Task<Wire.DeleteTriggerRuleResponse> DeleteTriggerRule(Wire.DeleteTriggerRuleRequest request, ServerCallContext context)
    {
        await commands.DeleteAsync(request.Id, Caller.Of(context), context.CancellationToken);
        return new();
    }

    public override Task<Wire.PreviewScheduleResponse> PreviewSchedule(Wire.PreviewScheduleRequest request, ServerCallContext context)
    {
        DateTimeOffset now = time.GetUtcNow();
        var problems = new Dictionary<string, string>();
        Schedule schedule = Schedule.TryParse(request.Cron, request.TimeZone, problems) ?? throw TriggerRuleFacts.Invalid(problems);
        return Task.FromResult(new Wire.PreviewScheduleResponse { Next = { schedule.Next(now, Previewed).Select(t => t.ToWire()) } });
    }
}
