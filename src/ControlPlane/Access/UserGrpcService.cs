using Grpc.Core;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Access;

/// <summary>The wire face of people and their roles.</summary>
internal sealed class UserGrpcService(PersonCommands commands, OrbitStore store) : Wire.UserService.UserServiceBase
{
    public override async Task<Wire.ListUsersResponse> ListUsers(Wire.ListUsersRequest request, ServerCallContext context)
    {
        int size = Paging.Size(request.PageSize, request.Limit);
        string? after = Paging.TextAfter(request.PageToken);
        string text = TextRule.Filter("query", request.Query);
        Page<Person> page = await store.ReadAsync((database, ct) => database.People.PageAsync(text, after, size, ct), context.CancellationToken);
        return new() { Users = { page.Rows.Select(p => p.ToWire()) }, NextPageToken = page.NextToken };
    }

    public override async Task<Wire.User> UpdateUser(Wire.UpdateUserRequest request, ServerCallContext context)
    {
        string email = EmailAddress.Parse(request.Email);
        Person person = await commands.UpdateAsync(
            email, request.Role.ToDomain(), request.HasBlocked ? request.Blocked : null, Caller.Of(context), context.CancellationToken);
        return person.ToWire();
    }
}
