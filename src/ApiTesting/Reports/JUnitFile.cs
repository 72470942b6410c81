using System.Globalization;
using System.Text;
using System.Xml;
using Orbit.ApiTesting.Running;

namespace Orbit.ApiTesting.Reports;

/// <summary>
/// JUnit XML: a test case a row (or a step, where there is one row alone). Written as rows end to a file beside it, and put together with
/// the totals at the end, so that memory does not grow with the rows.
/// </summary>
public sealed class JUnitFile : IAsyncDisposable
{
    private readonly string _path;
    private readonly string _name;
    private readonly string _partPath;
    private readonly XmlWriter _cases;
    private long _tests;
    private long _failures;
    private long _skipped;
    private double _milliseconds;

    /// <summary>Begins a file.</summary>
    public JUnitFile(string path, string name)
    {
        (_path, _name, _partPath) = (path, name, path + ".part");
        _cases = XmlWriter.Create(_partPath, new() { Async = true, Encoding = new UTF8Encoding(false), OmitXmlDeclaration = true, ConformanceLevel = ConformanceLevel.Fragment, Indent = true, CheckCharacters = false });
    }

    /// <summary>Adds a row: a case for each step that counts.</summary>
    public void Write(RowResult row)
    {
        foreach (StepRecord step in row.Steps.Where(s => !s.Superseded))
        {
            Case(row.Name, row.Row, step.Step, step.Milliseconds, Records.RecordWriter.Word(step.Outcome), step.FailureClass, row.Masked.Hide(step.Reason), () => row.Masked.Hide(Details(step)));
        }
    }

    /// <summary>Adds a row as its record tells it.</summary>
    public void Write(RecordedRow row)
    {
        foreach (RecordedStep step in row.Steps.Where(s => !s.Superseded))
        {
            Case(row.Name, row.Row, step.Step, step.Milliseconds, step.Outcome, step.FailureClass, step.Reason, () => string.Join('\n', step.FailedChecks));
        }

        if (row.Steps.Count == 0)
        {
            Case(row.Name, row.Row, "row", row.Milliseconds, row.Outcome, "", row.Reason, () => "");
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _cases.DisposeAsync();
        string totals = string.Create(CultureInfo.InvariantCulture, $"tests=\"{_tests}\" failures=\"{_failures}\" errors=\"0\" skipped=\"{_skipped}\" time=\"{Seconds(_milliseconds)}\"");
        string name = System.Security.SecurityElement.Escape(Clean(_name));
        await using (var file = new FileStream(_path, FileMode.Create, FileAccess.Write))
        {
            await file.WriteAsync(Encoding.UTF8.GetBytes($"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<testsuites {totals}>\n<testsuite name=\"{name}\" {totals}>\n"));
            await using (FileStream cases = File.OpenRead(_partPath))
            {
                await cases.CopyToAsync(file);
            }

            await file.WriteAsync("\n</testsuite>\n</testsuites>\n"u8.ToArray());
        }

        File.Delete(_partPath);
    }

    private void Case(string name, long number, string step, double milliseconds, string outcome, string failureClass, string reason, Func<string> details)
    {
        string of = name.Length > 0 ? name : $"row {(number + 1).ToString(CultureInfo.InvariantCulture)}";
        _tests++;
        _milliseconds += milliseconds;
        _cases.WriteStartElement("testcase");
        _cases.WriteAttributeString("classname", Clean($"{_name}.{of}"));
        _cases.WriteAttributeString("name", Clean(step));
        _cases.WriteAttributeString("time", Seconds(milliseconds));
        if (outcome == "failed")
        {
            _failures++;
            _cases.WriteStartElement("failure");
            _cases.WriteAttributeString("type", Clean(failureClass));
            _cases.WriteAttributeString("message", Clean(reason));
            _cases.WriteString(Clean(details()));
            _cases.WriteEndElement();
        }
        else if (outcome is "skipped" or "unchecked")
        {
            _skipped++;
            _cases.WriteStartElement("skipped");
            _cases.WriteAttributeString("message", Clean(outcome == "unchecked" ? "unchecked: nothing was asked of the answer" : reason));
            _cases.WriteEndElement();
        }

        _cases.WriteEndElement();
    }

    private static string Details(StepRecord step)
    {
        var text = new StringBuilder();
        if (step.Exchange is { } exchange)
        {
            _ = text.Append(CultureInfo.InvariantCulture, $"{exchange.Request.Method} {exchange.Request.Url} → {(exchange.Status > 0 ? exchange.Status.ToString(CultureInfo.InvariantCulture) : exchange.Error)}\n");
        }

        foreach (Checks.CheckResult check in step.Checks.Where(c => !c.Passed))
        {
            _ = text.Append(check.Message).Append('\n');
        }

        return text.ToString();
    }

    private static string Seconds(double milliseconds) => (milliseconds / 1000).ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>Without what XML 1.0 cannot hold.</summary>
    private static string Clean(string text) => text.All(XmlConvert.IsXmlChar) ? text : string.Concat(text.Select(c => XmlConvert.IsXmlChar(c) ? c : '�'));
}
