using System.Globalization;
using System.Net;
using System.Text;
using Orbit.ControlPlane.Runs;

namespace Orbit.ControlPlane.Notifications.Mails;

/// <summary>
/// The HTML part as Outlook and Gmail show it: tables for the layout, styles on every element, widths as attributes, pictures by cid; no
/// style sheet, script, SVG, background picture or web font.
/// </summary>
internal static class Html
{
    private const string Font = "font-family:'Segoe UI',Arial,'Microsoft YaHei','PingFang SC',sans-serif;";
    private const string Mono = "font-family:Consolas,Menlo,'Courier New',monospace;";

    /// <summary>Writes it.</summary>
    public static string Write(RunMail mail)
    {
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"<!DOCTYPE html><html lang=\"{mail.Words.Language}\"><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{Text(mail.Subject)}</title></head>\n");
        html.Append(CultureInfo.InvariantCulture, $"<body style=\"margin:0;padding:0;background-color:#f6f8fa;{Font}\" bgcolor=\"#f6f8fa\">\n");
        html.Append("<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" bgcolor=\"#f6f8fa\"><tr><td align=\"center\" style=\"padding:16px 8px;\">\n");
        html.Append("<table role=\"presentation\" width=\"640\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" bgcolor=\"#ffffff\" style=\"width:640px;max-width:640px;background-color:#ffffff;border:1px solid #d0d7de;\">\n");
        Head(html, mail);
        Numbers(html, mail);
        Table(html, mail.Troubles(), "#cf222e");
        Tests(html, mail);
        LogEnd(html, mail);
        Table(html, mail.Rows(), "#57606a");
        Links(html, mail);
        html.Append(CultureInfo.InvariantCulture, $"<tr><td style=\"padding:12px 24px 16px 24px;{Font}font-size:12px;color:#57606a;border-top:1px solid #d0d7de;\">{Text(mail.Footer)}</td></tr>\n");
        return html.Append("</table>\n</td></tr></table>\n</body></html>\n").ToString();
    }

    private static void Head(StringBuilder html, RunMail mail)
    {
        Run run = mail.Facts.Run;
        string colour = run.Verdict switch
        {
            Verdict.Passed when mail.GateIsBad => mail.Facts.Gate!.State is GateState.Stopped ? "#57606a" : "#cf222e",
            Verdict.Passed => "#1a7f37",
            Verdict.Cancelled or Verdict.Unknown => "#57606a",
            Verdict.NoTests => "#9a6700",
            _ => "#cf222e",
        };
        string build = run.BuildNumber.Length == 0 ? "" : $" · {run.JobName} #{run.BuildNumber}";
        html.Append(CultureInfo.InvariantCulture, $"<tr><td bgcolor=\"{colour}\" style=\"background-color:{colour};padding:18px 24px;{Font}color:#ffffff;\">");
        html.Append(CultureInfo.InvariantCulture, $"<div style=\"font-size:22px;line-height:28px;font-weight:bold;\">{Text(run.TestItemName)}: {Text(mail.Verdict + mail.GateInSubject)}</div>");
        html.Append(CultureInfo.InvariantCulture, $"<div style=\"font-size:14px;line-height:20px;\">{Text($"{mail.Words.Run} {run.Id}{build}")}</div></td></tr>\n");
    }

    private static void Numbers(StringBuilder html, RunMail mail)
    {
        TestCounts tests = mail.Facts.Run.Tests;
        if (tests.Total == 0)
        {
            return;
        }

        html.Append("<tr><td style=\"padding:20px 24px 8px 24px;\"><table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" width=\"100%\"><tr>");
        html.Append(CultureInfo.InvariantCulture, $"<td width=\"136\" valign=\"top\"><img src=\"cid:{RunMail.DonutId}\" width=\"120\" height=\"120\" alt=\"{Text(mail.PassRate)}\" style=\"display:block;border:0;\"></td><td valign=\"middle\">");
        html.Append(CultureInfo.InvariantCulture, $"<div style=\"{Font}font-size:28px;line-height:34px;font-weight:bold;color:#1f2328;\">{Text(mail.PassRate)}</div>");
        html.Append(CultureInfo.InvariantCulture, $"<div style=\"{Font}font-size:13px;color:#57606a;padding-bottom:8px;\">{Text(mail.Words.PassRate)} · {Text(mail.Total)}{(tests.Flaky == 0 ? "" : $" · {tests.Flaky} {Text(mail.Words.Flaky)}")}</div>");
        html.Append("<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\"><tr>");
        foreach ((TestOutcome outcome, int count, int colour) in mail.Counts())
        {
            html.Append(CultureInfo.InvariantCulture, $"<td style=\"padding:0 18px 0 0;{Font}font-size:13px;color:#57606a;border-top:4px solid #{colour:x6};\"><span style=\"font-size:18px;font-weight:bold;color:#1f2328;\">{count}</span><br>{Text(mail.Words.Outcomes[outcome])}</td><td width=\"8\">&nbsp;</td>");
        }

        html.Append("</tr></table>");
        html.Append(mail.Comparison().Length == 0 ? "" : $"<div style=\"{Font}font-size:13px;color:#1f2328;padding-top:10px;\">{Text(mail.Comparison())}</div>");
        html.Append("</td></tr></table></td></tr>\n");
    }

    private static void Table(StringBuilder html, IEnumerable<(string Name, string Value)> rows, string colour)
    {
        (string Name, string Value)[] all = [.. rows];
        if (all.Length == 0)
        {
            return;
        }

        html.Append("<tr><td style=\"padding:12px 24px;\"><table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" width=\"100%\">\n");
        foreach ((string name, string value) in all)
        {
            html.Append(CultureInfo.InvariantCulture, $"<tr><td width=\"130\" valign=\"top\" style=\"padding:3px 12px 3px 0;{Font}font-size:13px;color:{colour};\">{Text(name)}</td><td valign=\"top\" style=\"padding:3px 0;{Font}font-size:13px;color:#1f2328;word-break:break-word;\">{Lines(value)}</td></tr>\n");
        }

        html.Append("</table></td></tr>\n");
    }

    private static void Tests(StringBuilder html, RunMail mail)
    {
        if (mail.Facts.Failed.Count == 0)
        {
            return;
        }

        html.Append(CultureInfo.InvariantCulture, $"<tr><td style=\"padding:12px 24px 4px 24px;{Font}font-size:16px;font-weight:bold;color:#1f2328;\">{Text(mail.Words.FailingTests)}</td></tr>\n");
        foreach (FailedTest test in mail.Facts.Failed)
        {
            string mark = test.IsNew ? $" <span style=\"{Font}font-size:11px;font-weight:bold;color:#ffffff;background-color:#cf222e;\">&nbsp;{Text(mail.Words.New)}&nbsp;</span>" : "";
            html.Append(CultureInfo.InvariantCulture, $"<tr><td style=\"padding:6px 24px;\"><div style=\"{Mono}font-size:13px;line-height:18px;color:#1f2328;word-break:break-all;\">{Text(test.Id)}{mark}</div>");
            html.Append(CultureInfo.InvariantCulture, $"<div style=\"{Mono}font-size:12px;line-height:17px;color:#57606a;word-break:break-word;\"><b>{Text(mail.Words.Outcomes[test.Outcome])}</b>{(test.Message.Length == 0 ? "" : "<br>" + Lines(test.Message))}</div></td></tr>\n");
        }

        html.Append(mail.MoreTests().Length == 0 ? "" : $"<tr><td style=\"padding:6px 24px;{Font}font-size:13px;color:#57606a;\">{Text(mail.MoreTests())}</td></tr>\n");
    }

    private static void LogEnd(StringBuilder html, RunMail mail)
    {
        if (mail.Facts.LogEnd.Length == 0)
        {
            return;
        }

        html.Append(CultureInfo.InvariantCulture, $"<tr><td style=\"padding:12px 24px 4px 24px;{Font}font-size:16px;font-weight:bold;color:#1f2328;\">{Text(mail.Words.LogEnd)}</td></tr>\n");
        html.Append(CultureInfo.InvariantCulture, $"<tr><td style=\"padding:4px 24px 12px 24px;\"><table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" bgcolor=\"#f6f8fa\"><tr><td style=\"padding:10px 12px;{Mono}font-size:12px;line-height:17px;color:#1f2328;word-break:break-all;\">{Lines(mail.Facts.LogEnd)}</td></tr></table></td></tr>\n");
    }

    private static void Links(StringBuilder html, RunMail mail)
    {
        html.Append("<tr><td style=\"padding:12px 24px 20px 24px;\"><table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\"><tr>");
        Button(html, mail.RunUrl, mail.Words.OpenRun);
        Button(html, mail.ReportUrl, mail.Words.OpenReport);
        Button(html, Web(mail.Facts.Build?.Label("BUILD_URL") ?? ""), mail.Words.CiBuild);
        html.Append("</tr></table></td></tr>\n");
    }

    private static void Button(StringBuilder html, string url, string text)
    {
        if (url.Length > 0)
        {
            html.Append(CultureInfo.InvariantCulture, $"<td bgcolor=\"#0969da\" style=\"background-color:#0969da;padding:9px 16px;\"><a href=\"{Text(url)}\" style=\"{Font}font-size:14px;color:#ffffff;text-decoration:none;\">{Text(text)}</a></td><td width=\"10\">&nbsp;</td>");
        }
    }

    /// <summary>An address that CI sent, when it is one of the web: nothing else becomes a link.</summary>
    private static string Web(string url) => Uri.TryCreate(url, UriKind.Absolute, out Uri? known) && (known.Scheme is "http" or "https") ? known.AbsoluteUri : "";

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string Lines(string text) => Text(text).Replace("\n", "<br>", StringComparison.Ordinal).Replace("  ", "&nbsp; ", StringComparison.Ordinal);
}
