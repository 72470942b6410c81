using Grpc.Core;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Doctor;

/// <summary>The wire face of the doctor.</summary>
internal sealed class DoctorGrpcService(DoctorQueries queries, DoctorCommands commands) : DoctorService.DoctorServiceBase
{
    public override async Task<ExamineResponse> Examine(ExamineRequest request, ServerCallContext context)
    {
        var response = new ExamineResponse();
        response.Checks.AddRange((await queries.ExamineAsync(context.CancellationToken)).Select(finding => finding.ToWire()));
        return response;
    }

    public override async Task<MendResponse> Mend(MendRequest request, ServerCallContext context) =>
        new() { Mended = await commands.MendAsync(request.Check, Caller.Of(context), context.CancellationToken) };
}
