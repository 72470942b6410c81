using Orbit.Contracts.V1;

namespace Orbit.Cli.Output;

/// <summary>What a text means; a terminal with colours shows it by colour.</summary>
internal enum Tone
{
    Plain,
    Good,
    Bad,
    Care,
    Faint,
    Strong,
}

/// <summary>A piece of text with its meaning.</summary>
internal readonly record struct Span(string Text, Tone Tone = Tone.Plain)
{
    public static implicit operator Span(string text) => new(text);
}

/// <summary>The meaning of the contract's words.</summary>
internal static class Tones
{
    public static Tone Of(Verdict verdict) => verdict switch
    {
        Verdict.Unspecified => Tone.Plain,
        Verdict.Passed => Tone.Good,
        Verdict.Cancelled or Verdict.NoTests or Verdict.Unknown => Tone.Care,
        _ => Tone.Bad,
    };

    public static Tone Of(StepStatus status) => status switch
    {
        StepStatus.Succeeded => Tone.Good,
        StepStatus.Failed => Tone.Bad,
        StepStatus.Running => Tone.Strong,
        StepStatus.Cancelled or StepStatus.Unknown => Tone.Care,
        _ => Tone.Faint,
    };

    public static Tone Of(TestOutcome outcome) => outcome switch
    {
        TestOutcome.Passed => Tone.Good,
        TestOutcome.Failed or TestOutcome.Broken or TestOutcome.Interrupted => Tone.Bad,
        TestOutcome.Unknown => Tone.Care,
        _ => Tone.Faint,
    };

    public static Tone Of(AgentUpgradeState state) => state switch
    {
        AgentUpgradeState.Completed => Tone.Good,
        AgentUpgradeState.Halted => Tone.Bad,
        AgentUpgradeState.Running => Tone.Strong,
        _ => Tone.Care,
    };

    public static Tone Of(AgentUpgradeMemberState state) => state switch
    {
        AgentUpgradeMemberState.Upgraded => Tone.Good,
        AgentUpgradeMemberState.Failed => Tone.Bad,
        AgentUpgradeMemberState.Told => Tone.Strong,
        AgentUpgradeMemberState.Skipped => Tone.Care,
        _ => Tone.Faint,
    };

    public static Tone Of(AgentState state) => state switch
    {
        AgentState.Online => Tone.Good,
        AgentState.Offline => Tone.Bad,
        _ => Tone.Care,
    };
}
