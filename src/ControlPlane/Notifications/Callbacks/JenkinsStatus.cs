using System.Net.Http.Headers;
using System.Text;
using Orbit.ControlPlane.Notifications.Mails;
using Orbit.ControlPlane.Outbox;
using Orbit.ControlPlane.Settings;

namespace Orbit.ControlPlane.Notifications.Callbacks;

/// <summary>
/// Jenkins: posts the end of the run to <c>CALLBACK_URL</c> where the build named one, else sets the description of the build at
/// <c>BUILD_URL</c>.
/// </summary>
internal sealed class JenkinsStatus(SettingsSnapshot settings) : ICiStatus
{
    private const string Describe = "submitDescription";

    /// <inheritdoc />
    public DeliveryKind Kind => DeliveryKind.Jenkins;

    /// <inheritdoc />
    public CiMessage? Tell(RunFacts facts, AllowedHosts allowed, MailPlace place)
    {
        if (facts.Build is not { } build)
        {
            return null;
        }

        if (allowed.Find(build.Label("CALLBACK_URL")) is { } callback)
        {
            return new(callback, facts.Happened, RunEndedJson.Write(facts, place), Replaces: false);
        }

        string buildUrl = build.Label("BUILD_URL");
        if (settings.Get(SettingCatalog.JenkinsUser).Length == 0 || buildUrl.Length == 0 || allowed.Find(buildUrl.TrimEnd('/') + "/" + Describe) is not { } target)
        {
            return null;
        }

        var mail = new RunMail(facts, "en", place);
        string form = $"description={Uri.EscapeDataString($"{mail.Subject} {mail.RunUrl}")}";
        return new(target, $"description of {build.JobName} #{build.BuildNumber}", Encoding.ASCII.GetBytes(form), Replaces: true);
    }

    /// <inheritdoc />
    public HttpRequestMessage Request(Uri target, byte[] content)
    {
        bool describes = target.AbsolutePath.EndsWith("/" + Describe, StringComparison.Ordinal);
        var request = new HttpRequestMessage(HttpMethod.Post, target) { Content = new ByteArrayContent(content) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(describes ? "application/x-www-form-urlencoded" : "application/json");
        string user = settings.Get(SettingCatalog.JenkinsUser);
        if (describes && user.Length > 0)
        {
            string credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{settings.Get(SettingCatalog.JenkinsToken)}"));
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", credentials);
        }

        return request;
    }
}
