using Microsoft.Extensions.Logging;
using Orbit.Agent.Journal;
using Orbit.Agent.Link;
using Orbit.Contracts.V1;
using Orbit.Shared;

namespace Orbit.Agent.Plans;

/// <summary>
/// Every assignment that this agent has accepted and not yet been told to forget. Takes offers, journals them before it accepts, starts
/// the work once the acceptance is committed, and forgets when told to. Safe for any number of callers.
/// </summary>
internal sealed class AssignmentBook(
    AgentJournal journal, CarriedOut carriedOut, Outbox outbox, Slots slots, IPlanRunner runner, TimeProvider time, ILogger<AssignmentBook> logger)
{
    private static readonly TimeSpan UsualGrace = TimeSpan.FromSeconds(30);
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Assignment> _open = [];
    private readonly Dictionary<Guid, Task> _duties = []; // an offer being journaled, or an end being tidied up
    private bool _leaving;

    /// <summary>Whether the host and those who steer it let work be taken.</summary>
    public Readiness Readiness { get; init; } = new();

    /// <summary>All open assignments.</summary>
    public IReadOnlyList<Assignment> Open
    {
        get
        {
            lock (_gate)
            {
                return [.. _open.Values];
            }
        }
    }

    /// <summary>Takes over what the journal had. Work that was under way is not resumed before <see cref="ResumeAll"/>.</summary>
    public void Restore(IEnumerable<JournalRecord> records)
    {
        foreach (IGrouping<Guid, JournalRecord> of in records.GroupBy(record => record.Assignment))
        {
            if (AssignmentRecords.Read(of) is not { } before)
            {
                _duties[of.Key] = journal.ForgetAsync(of.Key); // an offer whose last piece never came: it was not accepted
                continue;
            }

            Assignment assignment = new(of.Key, before.Offer, journal, outbox, time, logger) { Before = before };
            assignment.Restore(before);
            bool begun = before.Events.Count > 0 || before.Facts.Count > 0;
            assignment.Confirmed = begun;
            _open[of.Key] = assignment;
            if (assignment.Ended)
            {
                runner.Reopen(assignment);
            }
            else
            {
                slots.Hold(of.Key, assignment.IsDeploy, assignment.Service);
            }

            logger.AssignmentRestored(of.Key, assignment.Epoch, before.Events.Count, assignment.Ended, begun);
        }
    }

    /// <summary>Goes on with everything that had been begun before the agent was started.</summary>
    public void ResumeAll()
    {
        foreach (Assignment assignment in Open.Where(assignment => assignment.Confirmed))
        {
            Start(assignment);
        }
    }

    /// <summary>What the agent tells the control plane at the beginning of a session; nothing is sent until that has answered.</summary>
    public List<OpenAssignment> Describe()
    {
        List<OpenAssignment> described = [];
        foreach (Assignment assignment in Open)
        {
            assignment.Reconciled = false;
            described.Add(assignment.Describe());
        }

        return described;
    }

    /// <summary>Takes the control plane's view of every assignment.</summary>
    public void Reconcile(Welcome welcome, ISessionSender session)
    {
        outbox.Begin(welcome.EventCredit);
        foreach (AssignmentVerdict verdict in welcome.Assignments)
        {
            if (Find(verdict.AssignmentId) is { } assignment)
            {
                Apply(assignment, verdict, session);
            }
            else if (verdict.UnknownToAgent)
            {
                logger.UnknownHere(verdict.AssignmentId, verdict.Epoch);
            }
        }

        foreach (Assignment assignment in Open)
        {
            // One that was accepted while Hello was under way is not in the answer; what is sent for it is answered like anything else.
            assignment.Reconciled = true;
            outbox.Add(assignment);
            assignment.AckedMore?.Invoke(); // what was acked before may be uploaded from now on
        }
    }

    /// <summary>Work is offered. Answers with an acceptance once the journal has it, or says why not. The same offer again does no harm.</summary>
    public void Take(Offer offer, ISessionSender session)
    {
        if (!Guid.TryParse(offer.AssignmentId, out Guid id) || offer.Plan is null || offer.Plan.WorkCase == Plan.WorkOneofCase.None)
        {
            session.Send(OfferAnswers.Declined(offer, "PLAN_NOT_UNDERSTOOD", "This agent does not know this kind of work."));
            return;
        }

        lock (_gate)
        {
            if (_duties.ContainsKey(id))
            {
                return; // it is being journaled; the answer follows
            }

            _open.TryGetValue(id, out Assignment? known);
            if (known is null or { Fenced: true } && (known is not null || carriedOut.Has(id)))
            {
                session.Send(OfferAnswers.Declined(offer, "ALREADY_CARRIED_OUT", "This agent has carried it out before; the control plane's database is older than that."));
                return;
            }

            if (known is not null && !known.MayRenew(offer))
            {
                session.Send(known.Epoch == offer.Epoch ? OfferAnswers.Accepted(offer) : OfferAnswers.Declined(offer, "AGENT_BUSY", $"It is here already, under epoch {known.Epoch}."));
                return;
            }

            if (WhyNot(id, offer.Plan) is { } refusal)
            {
                logger.OfferDeclined(id, refusal.Reason, refusal.Text);
                session.Send(OfferAnswers.Declined(offer, refusal.Reason, refusal.Text));
                return;
            }

            Task accepting = AcceptAsync(id, offer, session);
            if (!accepting.IsCompleted)
            {
                _duties[id] = accepting;
            }
        }
    }

    /// <summary>The acceptance is committed: the work may begin.</summary>
    public void Confirm(Confirmed confirmed)
    {
        if (Find(confirmed.AssignmentId) is not { } assignment || assignment.Epoch != confirmed.Epoch)
        {
            logger.NotHere("Confirmed", confirmed.AssignmentId, confirmed.Epoch);
            return;
        }

        FailPoint.Pass("confirmed");
        assignment.Confirmed = true;
        Start(assignment);
    }

    /// <summary>Somebody wants an assignment to end. Repeated until the end is reported.</summary>
    public void Cancel(CancelIntent intent) => Find(intent.AssignmentId)?.AskToEnd(new(intent.Reason, intent.Grace?.ToTimeSpan() ?? UsualGrace));

    /// <summary>Somebody gave an assignment more time. Repeated like the wish to end.</summary>
    public void Extend(TimeExtension more) => Find(more.AssignmentId)?.Extend(more.Extra?.ToTimeSpan() ?? TimeSpan.Zero);

    /// <summary>An assignment is no longer this agent's: nothing more is started for it, and what there is of it is kept until told.</summary>
    public void Fence(Fenced fenced)
    {
        if (Find(fenced.AssignmentId) is { } assignment && (assignment.Epoch != fenced.CurrentEpoch || !assignment.WasRenewed))
        {
            logger.AssignmentFenced(assignment.Id, assignment.Epoch, fenced.CurrentEpoch);
            assignment.Reconciled = false; // nothing it says would be taken
            outbox.Return(assignment.UnderWay);
            assignment.Fence();
            if (assignment.Work is null && !assignment.Ended)
            {
                lock (_gate)
                {
                    slots.Free(assignment.Id, assignment.Service); // at once: the next offer may be on its way
                }

                Forget(fenced.AssignmentId); // nothing was done, so there is nothing to keep
            }
        }
    }

    /// <summary>The control plane has committed events.</summary>
    public void Ack(EventAck ack)
    {
        if (Find(ack.AssignmentId) is { } assignment)
        {
            outbox.Return(assignment.Ack(ack.LastSeq));
            assignment.AckedMore?.Invoke();
        }
    }

    /// <summary>The control plane misses an event: sends again from it.</summary>
    public void SendAgain(EventExpect expect)
    {
        if (Find(expect.AssignmentId) is { } assignment)
        {
            outbox.Return(assignment.SendFrom(expect.NextSeq - 1));
            outbox.Add(assignment);
        }
    }

    /// <summary>The control plane has all of an assignment: drops it.</summary>
    public void Forget(string assignmentId)
    {
        if (Find(assignmentId) is not { } assignment)
        {
            return;
        }

        lock (_gate)
        {
            if (!_duties.ContainsKey(assignment.Id))
            {
                _duties[assignment.Id] = ForgetAsync(assignment);
            }
        }
    }

    /// <summary>Takes nothing more and lets go of all work without disturbing its processes.</summary>
    public async Task LeaveAsync()
    {
        Task[] ending;
        lock (_gate)
        {
            _leaving = true;
            ending = [.. _open.Values.Select(assignment => assignment.Work ?? Task.CompletedTask), .. _duties.Values];
        }

        await Task.WhenAll(ending);
    }

    private Assignment? Find(string assignmentId)
    {
        lock (_gate)
        {
            return Guid.TryParse(assignmentId, out Guid id) ? _open.GetValueOrDefault(id) : null;
        }
    }

    private void Apply(Assignment assignment, AssignmentVerdict verdict, ISessionSender session)
    {
        logger.Reconciled(assignment.Id, verdict.Order, verdict.LastSeq);
        if (verdict.Order == AssignmentOrder.Forget)
        {
            assignment.Settle(verdict.Epoch, verdict.LastSeq);
            Forget(verdict.AssignmentId);
            return;
        }

        if (verdict.Epoch != assignment.Epoch)
        {
            Fence(new Fenced { AssignmentId = verdict.AssignmentId, CurrentEpoch = verdict.Epoch });
            return;
        }

        _ = assignment.Ack(verdict.LastSeq);
        _ = assignment.SendFrom(verdict.LastSeq);
        if (verdict.Order == AssignmentOrder.Stop)
        {
            assignment.AskToEnd(new CancelWish(verdict.Reason, UsualGrace));
            assignment.Confirmed = true; // its end is to be reported, whether it had begun or not
        }

        if (assignment.Confirmed)
        {
            Start(assignment);
            return;
        }

        session.Send(new() { Accept = new() { AssignmentId = verdict.AssignmentId, Epoch = verdict.Epoch } }); // whether that was committed is not known
    }

    private void Start(Assignment assignment)
    {
        lock (_gate)
        {
            if (_leaving || assignment.Work is not null || assignment.Ended || assignment.Fenced)
            {
                return;
            }

            assignment.Work = CarryOutAsync(assignment);
        }
    }

    private async Task CarryOutAsync(Assignment assignment)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // the caller holds the lock
        try
        {
            await runner.RunAsync(assignment);
        }
        finally
        {
            lock (_gate)
            {
                slots.Free(assignment.Id, assignment.Service);
            }
        }
    }

    private async Task AcceptAsync(Guid id, Offer offer, ISessionSender session)
    {
        try
        {
            await journal.AppendManyAsync(AssignmentRecords.ForOffer(id, offer));
        }
        catch (JournalException refused)
        {
            lock (_gate)
            {
                slots.Free(id, ServiceOf(offer.Plan));
                _ = _duties.Remove(id);
            }

            session.Send(OfferAnswers.Declined(offer, "AGENT_SHORT_OF_SPACE", refused.Message));
            return;
        }

        FailPoint.Pass("accept.journaled");
        lock (_gate)
        {
            _ = _duties.Remove(id);
            if (_open.TryGetValue(id, out Assignment? known))
            {
                known.Renew(offer);
            }
            else
            {
                _open[id] = new Assignment(id, offer, journal, outbox, time, logger) { Reconciled = true };
            }
        }

        session.Send(OfferAnswers.Accepted(offer));
    }

    private async Task ForgetAsync(Assignment assignment)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // the caller holds the lock
        bool wanted = !assignment.Fenced;
        if (assignment.Work is { IsCompleted: false } work)
        {
            assignment.Fence();
            await work; // its process may still write
        }
        if (wanted && !await runner.UploadedAsync(assignment))
        {
            return; // leaving: the next start sends the rest
        }

        carriedOut.Note(assignment, logger);
        await journal.ForgetAsync(assignment.Id);
        FailPoint.Pass("forget.journaled");
        outbox.Return(assignment.UnderWay);
        runner.Tidy(assignment);
        lock (_gate)
        {
            _ = _open.Remove(assignment.Id) | _duties.Remove(assignment.Id);
            slots.Free(assignment.Id, assignment.Service);
        }
    }

    private (string Reason, string Text)? WhyNot(Guid id, Plan plan)
    {
        if (Readiness.WhyNot(plan, _leaving, journal.HasReserve) is { } unready)
        {
            return unready;
        }

        if (runner.WhyNot(plan) is { } refusal)
        {
            return refusal;
        }

        _open.Values.Where(a => a.Ended).ToList().ForEach(a => slots.Free(a.Id, a.Service)); // told so, and the next is here already
        return slots.TryTake(id, plan.WorkCase == Plan.WorkOneofCase.Deploy, ServiceOf(plan), out string busy)
            ? null
            : (busy, busy == "SERVICE_BUSY" ? $"Another plan for {ServiceOf(plan)} is on this host." : "All slots are taken.");
    }

    private static string ServiceOf(Plan plan) => plan.Deploy?.Service ?? "";
}
