using Orbit.ControlPlane.Notifications.Mails;
using Orbit.ControlPlane.Outbox;

namespace Orbit.ControlPlane.Notifications.Callbacks;

/// <summary>Tells one kind of CI system how a run of its build ended, and what its gate decided.</summary>
internal interface ICiStatus
{
    /// <summary>The kind of its deliveries.</summary>
    DeliveryKind Kind { get; }

    /// <summary>What is to be told, and where; null when the build names no such system, or its host is not listed.</summary>
    CiMessage? Tell(RunFacts facts, AllowedHosts allowed, MailPlace place);

    /// <summary>The call that tells it.</summary>
    HttpRequestMessage Request(Uri target, byte[] content);
}

/// <summary>What is told to CI.</summary>
/// <param name="Target">Where it goes.</param>
/// <param name="Subject">What it is about, for the list of deliveries.</param>
/// <param name="Content">Body of the call.</param>
/// <param name="Replaces">True where it makes what is still to be told about the same run worthless.</param>
internal sealed record CiMessage(Uri Target, string Subject, byte[] Content, bool Replaces);
