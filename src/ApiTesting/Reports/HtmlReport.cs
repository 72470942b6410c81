using System.Globalization;
using System.Net;
using Orbit.ApiTesting.Records;

namespace Orbit.ApiTesting.Reports;

/// <summary>One HTML page that needs nothing else: figures, causes, and every row that did not pass. Written while rows pass by.</summary>
public sealed class HtmlReport(TextWriter to)
{
    private const int MostRows = 2000;
    private int _rows;

    /// <summary>Begins the page.</summary>
    public void Begin(string name, IEnumerable<(string Label, string Value)> figures, IEnumerable<FailureCluster> clusters)
    {
        to.Write("""
            <!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>NAME</title><style>
            body{font:14px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1d2433;background:#fff}
            h1{font-size:1.5rem}dl{display:flex;flex-wrap:wrap;gap:.75rem}dl div{border:1px solid #d5dae3;border-radius:.5rem;padding:.5rem 1rem}dt{color:#5b6472}dd{margin:0;font-size:1.25rem}
            details{border:1px solid #d5dae3;border-radius:.5rem;margin:.5rem 0;padding:.5rem 1rem}summary{cursor:pointer}pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f6f9;padding:.5rem;border-radius:.25rem}
            table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .5rem;border-bottom:1px solid #e6e9ef;vertical-align:top}.failed{color:#b3261e}.passed{color:#1b6e3c}.skipped,.unchecked{color:#8a5a00}
            @media(prefers-color-scheme:dark){body{background:#14171d;color:#e6e9ef}pre{background:#1f242d}dl div,details{border-color:#39414f}.failed{color:#ff8a80}.passed{color:#7bd9a0}.skipped,.unchecked{color:#f2c46d}}
            </style></head><body><h1>NAME</h1><dl>
            """.Replace("NAME", Text(name), StringComparison.Ordinal));
        foreach ((string label, string value) in figures)
        {
            to.Write($"<div><dt>{Text(label)}</dt><dd>{Text(value)}</dd></div>");
        }

        to.Write("</dl>");
        FailureCluster[] causes = [.. clusters];
        if (causes.Length > 0)
        {
            to.Write("<h2>Failures by cause</h2><table><tr><th>Rows</th><th>Class</th><th>Reason</th><th>Mark</th></tr>");
            foreach (FailureCluster cause in causes)
            {
                to.Write(string.Create(CultureInfo.InvariantCulture, $"<tr><td>{cause.Count}</td><td>{Text(cause.FailureClass)}</td><td>{Text(cause.Reason)}</td><td><code>{Text(cause.Fingerprint)}</code></td></tr>"));
            }

            to.Write("</table>");
        }

        to.Write("<h2>Rows that did not pass</h2>");
    }

    /// <summary>Adds a row when it did not pass.</summary>
    public void Write(RecordedRow row)
    {
        if (row.Outcome == "passed" || ++_rows > MostRows)
        {
            return;
        }

        to.Write(string.Create(CultureInfo.InvariantCulture, $"<details><summary><span class=\"{Text(row.Outcome)}\">{Text(row.Outcome)}</span> row {row.Row + 1} {Text(row.Name)} · {Text(row.Reason)}</summary>"));
        foreach (RecordedStep step in row.Steps)
        {
            to.Write(string.Create(CultureInfo.InvariantCulture, $"<h3><span class=\"{Text(step.Outcome)}\">{Text(step.Outcome)}</span> {Text(step.Step)} · {step.Milliseconds:0.0} ms</h3>"));
            string problems = string.Join('\n', new[] { step.Reason }.Concat(step.FailedChecks).Where(p => p.Length > 0).Distinct());
            if (problems.Length > 0)
            {
                to.Write($"<pre>{Text(problems)}</pre>");
            }

            if (step.Request is { } request)
            {
                to.Write($"<pre>{Text(CurlText.Of(request))}</pre>");
            }

            if (step.Response is { } response)
            {
                to.Write($"<pre>{Text(RecordedStep.Text(response, "status"))}\n{Text(RecordedStep.Text(response, "body"))}</pre>");
            }
        }

        to.Write("</details>");
    }

    /// <summary>Ends the page.</summary>
    public void End()
    {
        if (_rows == 0)
        {
            to.Write("<p>none</p>");
        }
        else if (_rows > MostRows)
        {
            to.Write(string.Create(CultureInfo.InvariantCulture, $"<p>and {_rows - MostRows} more</p>"));
        }

        to.Write("</body></html>\n");
        to.Flush();
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
