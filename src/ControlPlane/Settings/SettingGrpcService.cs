using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Settings;

/// <summary>The wire face of settings.</summary>
internal sealed class SettingGrpcService(SettingCommands commands, OrbitStore store, ISecretBox secrets) : SettingService.SettingServiceBase
{
    public override async Task<ListSettingsResponse> ListSettings(ListSettingsRequest request, ServerCallContext context)
    {
        var response = new ListSettingsResponse();
        response.Settings.AddRange((await RowsAsync(context.CancellationToken)).ToWire(secrets));
        return response;
    }

    public override async Task<UpdateSettingsResponse> UpdateSettings(UpdateSettingsRequest request, ServerCallContext context)
    {
        await commands.UpdateAsync(Caller.Of(context), request.Settings.ToValues(), context.CancellationToken);
        var response = new UpdateSettingsResponse();
        response.Settings.AddRange((await RowsAsync(context.CancellationToken)).ToWire(secrets));
        return response;
    }

    public override async Task<ResetSettingsResponse> ResetSettings(ResetSettingsRequest request, ServerCallContext context)
    {
        await commands.ResetAsync(Caller.Of(context), [.. request.Keys], request.All, context.CancellationToken);
        var response = new ResetSettingsResponse();
        response.Settings.AddRange((await RowsAsync(context.CancellationToken)).ToWire(secrets));
        return response;
    }

    private Task<List<SettingRow>> RowsAsync(CancellationToken ct) =>
        store.ReadAsync((database, token) => database.Settings.OrderBy(s => s.Key).ToListAsync(token), ct);
}
