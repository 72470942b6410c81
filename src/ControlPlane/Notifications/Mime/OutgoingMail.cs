using Orbit.ControlPlane.Outbox;

namespace Orbit.ControlPlane.Notifications.Mime;

/// <summary>A mail to one person.</summary>
/// <param name="From">Address it comes from.</param>
/// <param name="FromName">Name shown with it; may be empty.</param>
/// <param name="To">Address it goes to.</param>
/// <param name="Subject">Subject line in any letters.</param>
/// <param name="Body">What it says.</param>
/// <param name="MessageId">Unique name without angle brackets; the same over all tries.</param>
/// <param name="Date">When it was written.</param>
internal sealed record OutgoingMail(string From, string FromName, string To, string Subject, MailBody Body, string MessageId, DateTimeOffset Date);
