using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Orbit.Agent.Processes;

/// <summary>
/// One process and no other, for as long as the host is up and afterwards: numbers are used again, a number with its start time and the
/// boot is not.
/// </summary>
/// <param name="Pid">Process number.</param>
/// <param name="StartTicks">Clock ticks between boot and start of the process (field 22 of its stat file).</param>
/// <param name="BootId">The kernel's boot id.</param>
internal sealed record ProcessIdentity(int Pid, ulong StartTicks, string BootId)
{
    /// <summary>Boot id of the running kernel.</summary>
    public static string CurrentBootId { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>The identity of a process that exists, dead but unreaped ones included; null when there is none.</summary>
    public static ProcessIdentity? Of(int pid) =>
        ProcessStatus.TryRead(pid, out ProcessStatus status) ? new(pid, status.StartTicks, CurrentBootId) : null;

    /// <summary>Whether this very process exists and has not ended.</summary>
    public bool IsAlive() => TryStatus(out ProcessStatus status) && !status.IsDead;

    /// <summary>Reads the status when the number still belongs to this process.</summary>
    public bool TryStatus(out ProcessStatus status)
    {
        status = default;
        return BootId == CurrentBootId && ProcessStatus.TryRead(Pid, out status) && status.StartTicks == StartTicks;
    }

    /// <summary>Compact form for a journal: <c>pid:start:boot</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Pid}:{StartTicks}:{BootId}");

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out ProcessIdentity? identity)
    {
        identity = null;
        if (text?.Split(':') is [string pidText, string startText, { Length: > 0 } boot]
            && int.TryParse(pidText, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && pid > 0
            && ulong.TryParse(startText, NumberStyles.None, CultureInfo.InvariantCulture, out ulong start))
        {
            identity = new ProcessIdentity(pid, start, boot);
        }

        return identity is not null;
    }
}
