using Orbit.Contracts.V1;

namespace Orbit.Agent.Plans;

/// <summary>What an offer is answered with.</summary>
internal static class OfferAnswers
{
    /// <summary>It is in the journal.</summary>
    public static AgentMessage Accepted(Offer offer) =>
        new() { Accept = new() { AssignmentId = offer.AssignmentId, Epoch = offer.Epoch } };

    /// <summary>It is not taken, and why.</summary>
    public static AgentMessage Declined(Offer offer, string reason, string text) =>
        new() { Decline = new() { AssignmentId = offer.AssignmentId, Epoch = offer.Epoch, Reason = reason, Text = text } };
}
