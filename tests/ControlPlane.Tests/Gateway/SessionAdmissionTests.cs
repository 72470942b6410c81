using Orbit.ControlPlane.Gateway;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Tests.Gateway;

/// <summary>Crowds at the door.</summary>
public sealed class SessionAdmissionTests
{
    [Fact]
    public async Task Who_comes_when_all_places_are_taken_waits_for_one()
    {
        using SessionAdmission door = new(places: 2, TimeSpan.FromSeconds(30));
        IDisposable first = await door.EnterAsync(default);
        using IDisposable second = await door.EnterAsync(default);

        Task<IDisposable> third = door.EnterAsync(default);
        Assert.False(third.IsCompleted);
        first.Dispose();

        (await third.WaitAsync(TimeSpan.FromSeconds(20))).Dispose();
    }

    [Fact]
    public async Task Who_would_wait_for_long_is_told_a_moment_to_come_back_at_and_no_two_the_same()
    {
        using SessionAdmission door = new(places: 1, TimeSpan.FromMilliseconds(1));
        using IDisposable only = await door.EnterAsync(default);

        TimeSpan[] named = [await RefusedAsync(door), await RefusedAsync(door), await RefusedAsync(door)];

        Assert.All(named, time => Assert.InRange(time.TotalSeconds, 2, 10));
        Assert.Equal(3, named.Distinct().Count());
    }

    private static async Task<TimeSpan> RefusedAsync(SessionAdmission door)
    {
        OrbitException refused = await Assert.ThrowsAsync<OrbitException>(() => door.EnterAsync(default));
        Assert.Equal(("CROWDED", Refusal.Later), (refused.Reason, refused.Kind));
        return refused.ComeBackIn!.Value;
    }
}
