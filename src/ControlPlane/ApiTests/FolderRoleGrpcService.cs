using Grpc.Core;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>The wire face of roles in folders.</summary>
internal sealed class FolderRoleGrpcService(OrbitStore store, FolderRoleCommands roles) : Wire.FolderRoleService.FolderRoleServiceBase
{
    public override async Task<Wire.ListFolderRolesResponse> ListFolderRoles(Wire.ListFolderRolesRequest request, ServerCallContext context)
    {
        List<ApiFolderRole> all = await store.ReadAsync((database, ct) => database.FolderRolesAsync(ct), context.CancellationToken);
        return new() { Entries = { all.Select(ToWire) } };
    }

    public override async Task<Wire.FolderRoleEntry> PutFolderRole(Wire.PutFolderRoleRequest request, ServerCallContext context)
    {
        FolderRole role = request.Role switch
        {
            Wire.FolderRole.Viewer => FolderRole.Viewer,
            Wire.FolderRole.Runner => FolderRole.Runner,
            Wire.FolderRole.Editor => FolderRole.Editor,
            _ => throw OrbitException.Invalid("FOLDER_ROLE_INVALID", "role must be VIEWER, RUNNER or EDITOR."),
        };
        return ToWire(await roles.PutAsync(request.Folder, request.Person, role, Caller.Of(context), context.CancellationToken));
    }

    public override async Task<Wire.DeleteFolderRoleResponse> DeleteFolderRole(Wire.DeleteFolderRoleRequest request, ServerCallContext context)
    {
        await roles.DeleteAsync(request.Folder, request.Person, Caller.Of(context), context.CancellationToken);
        return new();
    }

    private static Wire.FolderRoleEntry ToWire(ApiFolderRole entry) => new()
    {
        Folder = entry.Folder,
        Person = entry.Person,
        Role = (Wire.FolderRole)((int)entry.Role + 1),
        UpdatedAt = entry.UpdatedAt.ToWire(),
        UpdatedBy = entry.UpdatedBy,
    };
}
