using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Orbit.ControlPlane.Notifications.Mails;
using Orbit.ControlPlane.Outbox;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Settings;

namespace Orbit.ControlPlane.Notifications.Callbacks;

/// <summary>GitHub: sets the status of the commit that the build was made of, by its <c>GIT_URL</c> and <c>GIT_COMMIT</c>.</summary>
internal sealed partial class GitHubStatus(SettingsSnapshot settings) : ICiStatus
{
    private const string UsualApi = "https://api.github.com/";
    private const int LongestDescription = 140;

    /// <inheritdoc />
    public DeliveryKind Kind => DeliveryKind.GitHub;

    /// <inheritdoc />
    public CiMessage? Tell(RunFacts facts, AllowedHosts allowed, MailPlace place)
    {
        Match repository = Repository().Match(facts.Build?.Label("GIT_URL") ?? "");
        string commit = facts.Build?.Label("GIT_COMMIT") ?? "";
        string api = settings.Get(SettingCatalog.GitHubApiUrl) is { Length: > 0 } set ? set : UsualApi;
        if (!repository.Success || !Commit().IsMatch(commit) || settings.Get(SettingCatalog.GitHubToken).Length == 0
            || allowed.Find($"{api}repos/{repository.Groups["owner"].Value}/{repository.Groups["name"].Value}/statuses/{commit}") is not { } target)
        {
            return null;
        }

        var mail = new RunMail(facts, "en", place);
        string description = AgentText.Cut($"{mail.Verdict}{(facts.Run.Tests.Total == 0 ? "" : $": {facts.Run.Tests.Passed} of {facts.Run.Tests.Total} passed")}{mail.GateInSubject}", LongestDescription);
        byte[] content = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string>
        {
            ["state"] = StateOf(facts),
            ["target_url"] = mail.RunUrl,
            ["description"] = description,
            ["context"] = $"orbit/{facts.Run.TestItemName}",
        });
        return new(target, $"status of {commit[..8]}", content, Replaces: true);
    }

    /// <inheritdoc />
    public HttpRequestMessage Request(Uri target, byte[] content)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, target) { Content = new ByteArrayContent(content) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", settings.Get(SettingCatalog.GitHubToken));
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("orbit", null));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/vnd.github+json"));
        return request;
    }

    /// <summary>A version that passed its deploy test waits for its gate.</summary>
    private static string StateOf(RunFacts facts) => (facts.Run.Verdict, facts.Gate?.State) switch
    {
        (Verdict.Passed, GateState.Pending or GateState.Running) => "pending",
        (Verdict.Passed, GateState.Failed) => "failure",
        (Verdict.Passed, GateState.Stopped or GateState.Broken) => "error",
        (Verdict.Passed, _) => "success",
        (Verdict.TestsFailed or Verdict.NoTests, _) => "failure",
        _ => "error",
    };

    /// <summary><c>https://host/owner/name.git</c> or <c>git@host:owner/name.git</c>.</summary>
    [GeneratedRegex(@"^(?:https?://[^/@]+/|(?:ssh://)?git@[^/:]+[:/])(?<owner>[A-Za-z0-9](?:[A-Za-z0-9-]{0,38}))/(?<name>[A-Za-z0-9._-]{1,100}?)(?:\.git)?/?$")]
    private static partial Regex Repository();

    [GeneratedRegex("^[0-9a-f]{40}$")]
    private static partial Regex Commit();
}
