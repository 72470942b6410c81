using System.Reflection;
using System.Text;
using Orbit.ControlPlane.Fleet;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Install;

/// <summary>The script that installs an agent, with this control plane's addresses in it.</summary>
internal sealed class InstallScript(JoinAddresses addresses, PublicUrl publicUrl)
{
    private static readonly string Template = Resource("install.sh").Replace("@UNIT@", Resource("orbit-agent.service").TrimEnd(), StringComparison.Ordinal);

    /// <summary>As it is at this moment.</summary>
    public string Text()
    {
        StringBuilder text = new(Template);
        text.Replace("@PUBLIC_URL_Q@", Quoted(publicUrl.Value)).Replace("@SERVER_Q@", Quoted(addresses.Server)).Replace("@CURL_TRUST_Q@", Quoted(addresses.CurlTrust));
        text.Replace("@PUBLIC_URL@", OneLine(publicUrl.Value)).Replace("@SERVER@", OneLine(addresses.Server));
        return text.Replace("-fsS @CURL_TRUST@ ", addresses.CurlTrust.Length == 0 ? "-fsS " : $"-fsS {addresses.CurlTrust} ").ToString();
    }

    /// <summary>One word for a shell, whatever it holds.</summary>
    private static string Quoted(string value) => $"'{OneLine(value).Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static string OneLine(string value) => value.ReplaceLineEndings("");

    private static string Resource(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name) ?? throw new InvalidOperationException($"The resource {name} is missing.");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
