namespace Orbit.Agent.Upgrades;

/// <summary>The program that the control plane wants this agent to be.</summary>
/// <param name="Upgrade">Its number at the control plane.</param>
/// <param name="Attempt">Grows each time that the agent is to try.</param>
/// <param name="Version">For the log.</param>
/// <param name="Path">Of the archive at the control plane's address.</param>
/// <param name="Sha256">Of the archive, in lower-case hex.</param>
/// <param name="Size">Of the archive, in bytes.</param>
internal sealed record UpgradeWish(long Upgrade, int Attempt, string Version, string Path, string Sha256, long Size);

/// <summary>What the control plane is told of an upgrade.</summary>
/// <param name="Upgrade">Its number.</param>
/// <param name="Attempt">As it was wanted.</param>
/// <param name="Failed">True: it is over, and the agent runs what it ran before.</param>
/// <param name="Text">In words.</param>
internal sealed record UpgradeNews(long Upgrade, int Attempt, bool Failed, string Text);

/// <summary>An upgrade cannot go on; the message says why.</summary>
internal sealed class UpgradeException(string message) : Exception(message);
