using Google.Protobuf;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Access.Keys;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Care;
using Orbit.ControlPlane.Ingest;
using Orbit.ControlPlane.Inventory;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Scheduling;
using Orbit.ControlPlane.Settings;
using Orbit.ControlPlane.Upgrades;

namespace Orbit.ControlPlane.Gateway;

/// <summary>What an agent's messages lead to.</summary>
internal sealed class SessionMessages(AgentKeyCommands keys, InventoryCommands inventory, UpgradeCommands upgrades, CheckCommands checks, SettingsSnapshot settings, ServerIdentity identity, IngestWriter ingest, Placer placer, Signals signals, SessionWishes wishes, TimeProvider time)
{
    /// <summary>Handles one message. False: the agent leaves, nothing follows.</summary>
    public async ValueTask<bool> HandleAsync(AgentSession session, AgentMessage message, CancellationToken ct)
    {
        switch (message.MessageCase)
        {
            case AgentMessage.MessageOneofCase.Heartbeat:
                Answer(session, message.Heartbeat);
                return true;
            case AgentMessage.MessageOneofCase.Accept:
                OfferAccepted accepted = Accepted(session, message.Accept);
                await session.StoredAsync(accepted.Id).WaitAsync(ct);
                await ingest.AddAsync(accepted, ct);
                return true;
            case AgentMessage.MessageOneofCase.Decline:
                await session.StoredAsync(Id(message.Decline.AssignmentId)).WaitAsync(ct);
                if (message.Decline.Reason == WorkAlreadyDone.Reason)
                {
                    await ingest.AddAsync(new WorkAlreadyDone(session, Id(message.Decline.AssignmentId), message.Decline.Epoch), ct);
                    return true;
                }

                await ingest.AddAsync(
                    new OfferDeclined(session, Id(message.Decline.AssignmentId), message.Decline.Epoch, $"{message.Decline.Reason}: {message.Decline.Text}", time, signals), ct);
                return true;
            case AgentMessage.MessageOneofCase.Events:
                await ingest.AddAsync(Events(session, message.Events), ct);
                return true;
            case AgentMessage.MessageOneofCase.Draining:
                (session.DrainsByItself, session.Draining) = (true, true);
                return true;
            case AgentMessage.MessageOneofCase.NewKey:
                await ExchangeKeyAsync(session, message.NewKey, ct);
                return true;
            case AgentMessage.MessageOneofCase.Installed:
                await inventory.StoreAsync(session, [.. message.Installed.Services.Select(one => one.ToInstalled(session.AgentId))], ct);
                return true;
            case AgentMessage.MessageOneofCase.Upgrade:
                await upgrades.ReportAsync(session, (message.Upgrade.UpgradeId, message.Upgrade.Attempt, message.Upgrade.Failed, message.Upgrade.Text), ct);
                return true;
            case AgentMessage.MessageOneofCase.Check:
                await checks.StoreAsync(session, [.. message.Check.Findings.Select(f => new CheckFinding(f.Name, f.Ok, f.Text))], ct);
                return true;
            case AgentMessage.MessageOneofCase.Goodbye:
                return false;
            case AgentMessage.MessageOneofCase.Hello:
                throw OrbitException.Invalid("MESSAGE_UNEXPECTED", "Hello is only the first message of a session.");
            default:
                throw OrbitException.Invalid("MESSAGE_UNEXPECTED", "The message is empty or of a newer protocol.");
        }
    }

    private async Task ExchangeKeyAsync(AgentSession session, NewKey key, CancellationToken ct)
    {
        string keyId = await keys.ExchangeAsync(session, identity.ServerId.ToString(), key.PublicKey.ToByteArray(), key.Signature.ToByteArray(), ct);
        session.Post(new() { KeyChanged = new KeyChanged { KeyId = ByteString.CopyFrom(Convert.FromHexString(keyId)) } });
    }

    /// <summary>Answers a heartbeat, with ours beside it: a number that comes back proves both directions.</summary>
    private void Answer(AgentSession session, Heartbeat heartbeat)
    {
        if (heartbeat.Nonce != 0)
        {
            NoteSpace(session, heartbeat.HasFreeBytes ? heartbeat.FreeBytes : null);
        }

        bool first = !session.Proven;
        session.Proven |= heartbeat.Echo > 0 && heartbeat.Echo <= session.Nonce;
        if (heartbeat.Nonce == 0)
        {
            Welcomed(session, first);
            return;
        }

        var answer = new Heartbeat { Nonce = ++session.Nonce, Echo = heartbeat.Nonce };
        answer.Cancels.AddRange(wishes.CancelsOf(session));
        answer.Extensions.AddRange(wishes.ExtensionsOf(session));
        session.Post(new() { Heartbeat = answer });
        Welcomed(session, first);
    }

    /// <summary>Each heartbeat but the answers says how much is free. One that does not comes from an agent that cannot tell.</summary>
    private void NoteSpace(AgentSession session, long? free)
    {
        bool wasShort = session.DiskNote.Length > 0;
        session.FreeBytes = free;
        session.DiskNote = DiskRule.Note(free, settings.Get(SettingCatalog.AgentMinFreeBytes));
        if (session.DiskNote != session.DiskNoteStored)
        {
            signals.RaiseHere(SessionWishes.Hinted); // those who wait are told why
        }

        if (wasShort && session.DiskNote.Length == 0 && session.Proven)
        {
            signals.Raise(Topics.Queue); // there is room again
        }
    }

    /// <summary>An agent whose stream works both ways may be given work.</summary>
    private void Welcomed(AgentSession session, bool first)
    {
        if (first && session.Proven)
        {
            signals.Raise(Topics.Queue);
        }
    }

    private OfferAccepted Accepted(AgentSession session, AcceptOffer accept)
    {
        Guid id = Id(accept.AssignmentId);
        return new(
            session, id, accept.Epoch,
            row => row.Kind is WorkKind.Run && row.State is WorkState.Accepted ? AgentEventsArrived.Accepted(session, id, accept.Epoch, signals) : null,
            follow => _ = ingest.AddAsync(follow, CancellationToken.None).AsTask());
    }

    private IngestItem Events(AgentSession session, AgentEvents events)
    {
        Guid id = Id(events.AssignmentId);
        bool isNoop = session.SlotOf(id) is SlotKind.Noop;
        return isNoop && events.Events.Count == 1 && events.Events[0] is { Seq: 1, FactCase: AgentEvent.FactOneofCase.PlanEnded } // all that a no-op has to say
            ? new NoopEnded(session, id, events.Epoch, events.Events[0].Seq, placer, signals)
            : new AgentEventsArrived(session, id, events, signals);
    }

    private static Guid Id(string text) =>
        Guid.TryParse(text, out Guid id) ? id : throw OrbitException.Invalid("MESSAGE_UNEXPECTED", "The id of an assignment must be a UUID.");
}
