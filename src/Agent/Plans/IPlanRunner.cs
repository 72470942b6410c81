using Orbit.Contracts.V1;

namespace Orbit.Agent.Plans;

/// <summary>Carries plans out.</summary>
internal interface IPlanRunner
{
    /// <summary>Why this host cannot carry out a plan, before it is accepted: a reason code of DeclineOffer and words; null when it can.</summary>
    (string Reason, string Text)? WhyNot(Plan plan);

    /// <summary>
    /// Carries the plan out to its end, or goes on where an earlier process of this agent left it. Every failure becomes an event; when
    /// the agent leaves, it returns early and disturbs nothing.
    /// </summary>
    Task RunAsync(Assignment assignment);

    /// <summary>Finds what a plan that has ended may still have to upload; after a start of the agent.</summary>
    void Reopen(Assignment assignment);

    /// <summary>Waits until the control plane has the plan's logs and files. False: the agent leaves before that.</summary>
    Task<bool> UploadedAsync(Assignment assignment);

    /// <summary>Deletes what the plan has left in the agent's own directory. The assignment is forgotten.</summary>
    void Tidy(Assignment assignment);
}
