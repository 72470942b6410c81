using Google.Protobuf;
using Grpc.Core;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Scheduling;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.Storage.Blobs;

namespace Orbit.ControlPlane.Gateway;

/// <summary>Sends agents the files that their work needs, and no others.</summary>
internal sealed class WorkFileStream(SessionCommands sessions, OrbitStore store, IBlobStore blobs, IEnumerable<IWorkFiles> sources)
{
    /// <summary>Sends a file in parts.</summary>
    /// <exception cref="OrbitException">UPLOAD_TOKEN_INVALID, FENCED, WORK_FILE_NOT_FOUND.</exception>
    public async Task SendAsync(FetchFileRequest request, IServerStreamWriter<FetchedPart> responses, CancellationToken ct)
    {
        (long agent, _) = await sessions.RequireUploadTokenAsync(request.UploadToken, ct);
        Guid id = Guid.TryParse(request.AssignmentId, out Guid parsed) ? parsed : Guid.Empty;
        AssignmentRow? row = (await store.ReadAsync((database, cancel) => database.AssignmentsAsync([id], cancel), ct)).SingleOrDefault();
        if (row is null || row.AgentId != agent || row.State is WorkState.Ended)
        {
            throw new OrbitException(Refusal.Fenced, "FENCED", "The assignment is not this agent's.");
        }

        Guid? blob = null;
        foreach (IWorkFiles source in sources)
        {
            blob ??= await source.BlobOfAsync(id, request.Sha256, ct);
        }

        if (blob is not { } known || !await BlobParts.SendAsync(blobs, known, part => responses.WriteAsync(new() { Data = ByteString.CopyFrom(part.Span) }, ct), ct))
        {
            throw OrbitException.NotFound("WORK_FILE_NOT_FOUND", "The assignment sends no file of that content, or it is gone.");
        }
    }
}
