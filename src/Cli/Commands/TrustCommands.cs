using System.CommandLine;
using Orbit.Cli.Output;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Commands;

/// <summary><c>trust</c>, <c>trust rotate</c>: the control plane's own authority.</summary>
internal static class TrustCommands
{
    public static Command All(CommandRunner runner)
    {
        var certificate = new Option<bool>("--certificate") { Description = "Write the authority's certificate (PEM) and nothing else." };
        Command trust = runner.On(new Command("trust", "Show the control plane's own authority.") { certificate }, async context =>
        {
            Trust answer = await context.Server.Trust.GetTrustAsync(new(), context.Server.Call(context.Stop));
            context.Report.Show(answer, () => Show(context, answer, context.Get(certificate)));
        });
        trust.Subcommands.Add(Rotate(runner));
        return trust;
    }

    private static Command Rotate(CommandRunner runner)
    {
        var distrust = new Option<bool>("--distrust-old") { Description = "A key may have been stolen: nothing that it signed counts any more. Agents that are away now must join again." };
        return runner.On(new Command("rotate", "Make a new authority and a new server certificate now.") { distrust }, async context =>
        {
            Trust answer = await context.Server.Trust.RotateTrustAsync(new() { DistrustOld = context.Get(distrust) }, context.Server.Call(context.Stop));
            context.Report.Show(answer, () => Show(context, answer, certificate: false));
        });
    }

    private static void Show(CommandContext context, Trust trust, bool certificate)
    {
        if (!trust.Own)
        {
            context.Report.Line("The control plane presents no certificate that it made itself.");
        }
        else if (certificate)
        {
            context.Report.Line(trust.Certificate.TrimEnd());
        }
        else
        {
            context.Report.Line($"authority    SHA-256 {trust.Fingerprint}, until {Durations.Moment(trust.AuthorityEndsAt)}");
            context.Report.Line($"certificate  until {Durations.Moment(trust.CertificateEndsAt)}, for {string.Join(", ", trust.Names)}");
            context.Report.Line($"for curl     -k --pinnedpubkey {trust.ServerPin}");
        }
    }
}
