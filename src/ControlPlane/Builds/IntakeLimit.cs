using System.Collections.Concurrent;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Settings;

namespace Orbit.ControlPlane.Builds;

/// <summary>
/// Builds that one address may announce in a minute (setting <c>webhook_rate_limit_per_min</c>), counted on this replica. A count, and
/// nothing else: intake under load pays no more than that.
/// </summary>
internal sealed class IntakeLimit(SettingsSnapshot settings, TimeProvider time)
{
    /// <summary>Addresses that are remembered; beyond it the minute begins anew for all.</summary>
    private const int MostAddresses = 10_000;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<string, Count> _counts = new(StringComparer.Ordinal);

    /// <summary>Counts an announcement, or refuses it.</summary>
    /// <exception cref="OrbitException">WEBHOOK_LIMITED with the time to wait.</exception>
    public void Take(string address)
    {
        long most = settings.Get(SettingCatalog.WebhookRateLimit);
        if (most == 0)
        {
            return;
        }

        if (_counts.Count > MostAddresses)
        {
            _counts.Clear();
        }

        TimeSpan wait = _counts.GetOrAdd(address, _ => new Count()).Take(time, most);
        if (wait > TimeSpan.Zero)
        {
            throw new OrbitException(
                Refusal.TooMuch, "WEBHOOK_LIMITED", $"This address has announced {most} builds in a minute, which is all that is allowed (setting {SettingCatalog.WebhookRateLimit.Key}).")
            {
                ComeBackIn = wait,
            };
        }
    }

    private sealed class Count
    {
        private readonly Lock _one = new();
        private long _began;
        private long _taken;

        /// <summary>Zero when it was taken; else how long until the next minute.</summary>
        public TimeSpan Take(TimeProvider time, long most)
        {
            lock (_one)
            {
                TimeSpan passed = time.GetElapsedTime(_began);
                if (_taken == 0 || passed >= Window)
                {
                    (_began, _taken, passed) = (time.GetTimestamp(), 0, TimeSpan.Zero);
                }

                if (_taken >= most)
                {
                    return Window - passed;
                }

                _taken++;
                return TimeSpan.Zero;
            }
        }
    }
}
