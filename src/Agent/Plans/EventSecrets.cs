using Orbit.Agent.Secrets;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Plans;

/// <summary>Hides secret values in the texts of events. Names of steps, codes and paths stay: they are ours, and others go by them.</summary>
internal static class EventSecrets
{
    /// <summary>Hides them in place.</summary>
    public static void Hide(AgentEvent fact, SecretMask mask)
    {
        if (mask.IsEmpty)
        {
            return;
        }

        switch (fact.FactCase)
        {
            case AgentEvent.FactOneofCase.StepEnded:
                fact.StepEnded.Error = mask.Hide(fact.StepEnded.Error);
                break;
            case AgentEvent.FactOneofCase.Progress:
                fact.Progress.Text = mask.Hide(fact.Progress.Text);
                break;
            case AgentEvent.FactOneofCase.Note:
                fact.Note.Text = mask.Hide(fact.Note.Text);
                break;
            case AgentEvent.FactOneofCase.PlanEnded:
                fact.PlanEnded.Error = mask.Hide(fact.PlanEnded.Error);
                break;
            default:
                HideInTests(fact, mask);
                break;
        }
    }

    private static void HideInTests(AgentEvent fact, SecretMask mask)
    {
        switch (fact.FactCase)
        {
            case AgentEvent.FactOneofCase.TestsCollected:
                string[] ids = [.. fact.TestsCollected.Ids.Select(id => OfId(id, mask))];
                fact.TestsCollected.Ids.Clear();
                fact.TestsCollected.Ids.Add(ids);
                break;
            case AgentEvent.FactOneofCase.TestStarted:
                fact.TestStarted.Id = OfId(fact.TestStarted.Id, mask);
                break;
            case AgentEvent.FactOneofCase.TestEnded:
                TestResult test = fact.TestEnded;
                (test.Id, test.Message, test.Trace, test.Output) = (OfId(test.Id, mask), mask.Hide(test.Message), mask.Hide(test.Trace), mask.Hide(test.Output));
                break;
            default:
                break;
        }
    }

    /// <summary>A value can stand in a test's parameters, <c>test_login[value]</c>. File and function are names in the test's own source.</summary>
    private static string OfId(string id, SecretMask mask)
    {
        int parameters = id.IndexOf('[', StringComparison.Ordinal);
        return parameters < 0 ? id : id[..parameters] + mask.Hide(id[parameters..]);
    }
}
