using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Audit;

public sealed class AuditTests
{
    private static readonly Caller Somebody = new("me@example.org", IsAdmin: false, SessionId: null, "192.0.2.1");

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Secrets_are_masked_at_any_depth(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);

        await orbit.Store.WriteAsync(
            (database, _) =>
            {
                database.Audit(Somebody, orbit.Clock.GetUtcNow(), "test", "thing:1", new { Name = "a", Login = new[] { new { DbPassword = "hunter2" } } });
                return Task.CompletedTask;
            },
            default);

        AuditEntry entry = await orbit.Store.ReadAsync((d, ct) => d.AuditEntries.SingleAsync(e => e.Object == "thing:1", ct), default);
        Assert.Equal("""{"name":"a","login":[{"db_password":"***"}]}""", entry.Old);
        Assert.Null(entry.New);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_deed_that_is_taken_back_leaves_no_row(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);

        await Assert.ThrowsAsync<InvalidOperationException>(() => orbit.Store.WriteAsync(
            (database, _) =>
            {
                database.Audit(Somebody, orbit.Clock.GetUtcNow(), "test", "thing:2");
                throw new InvalidOperationException("the deed failed");
            },
            default));

        Assert.Equal(0, await orbit.Store.ReadAsync((d, ct) => d.AuditEntries.CountAsync(e => e.Object == "thing:2", ct), default));
    }
}
