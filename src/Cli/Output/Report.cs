using Google.Protobuf;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Orbit.Cli.Output;

/// <summary>
/// Writes results: JSON when asked, plain lines into a pipe or file, coloured ones to a terminal. Texts are cleaned here, so
/// that commands hand over what the server said as it is.
/// </summary>
internal sealed class Report(Shell shell, bool json)
{
    public bool Json { get; } = json;

    /// <summary>The object itself as JSON, or what <paramref name="words"/> writes.</summary>
    public void Show(IMessage message, Action words)
    {
        if (Json)
        {
            shell.Output.WriteLine(WireJson.Document(message));
        }
        else
        {
            words();
        }
    }

    /// <summary>One line of pieces.</summary>
    public void Line(params ReadOnlySpan<Span> spans)
    {
        if (!shell.Colours)
        {
            string plain = "";
            foreach (Span span in spans)
            {
                plain += CleanText.Line(span.Text);
            }

            shell.Output.WriteLine(plain);
            return;
        }

        var paragraph = new Paragraph();
        foreach (Span span in spans)
        {
            paragraph.Append(CleanText.Line(span.Text), Style(span.Tone));
        }

        Terminal().Write(paragraph);
        shell.Output.WriteLine();
    }

    /// <summary>Name and value, aligned with others of its kind; left out when the value is empty.</summary>
    public void Fact(string name, Span value)
    {
        if (value.Text.Length > 0)
        {
            Line(new(name.PadRight(14), Tone.Faint), value);
        }
    }

    /// <summary>Rows under a heading. In a pipe: every cell on one line, two spaces or more between columns.</summary>
    public void Columns(string[] heads, IReadOnlyList<Span[]> rows)
    {
        if (rows.Count == 0)
        {
            if (shell.OutputIsTerminal)
            {
                Line(new Span("nothing to show", Tone.Faint));
            }

            return;
        }

        if (shell.Colours)
        {
            Terminal().Write(Grid(heads, rows));
            return;
        }

        int[] widths = [.. heads.Select((head, i) => Math.Max(head.Length, rows.Max(row => CleanText.Line(row[i].Text).Length)))];
        WriteRow(heads, widths);
        foreach (Span[] row in rows)
        {
            WriteRow([.. row.Select(cell => CleanText.Line(cell.Text))], widths);
        }
    }

    /// <summary>A terminal that draws; only for <see cref="Shell.CanRedraw"/>.</summary>
    public IAnsiConsole Terminal() => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = AnsiSupport.Yes,
        ColorSystem = shell.Colours ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
        Interactive = InteractionSupport.Yes,
        Out = new TerminalOutput(shell),
        Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
    });

    public static Style Style(Tone tone) => tone switch
    {
        Tone.Good => new Style(Color.Green),
        Tone.Bad => new Style(Color.Red),
        Tone.Care => new Style(Color.Olive),
        Tone.Faint => new Style(decoration: Decoration.Dim),
        Tone.Strong => new Style(decoration: Decoration.Bold),
        _ => Spectre.Console.Style.Plain,
    };

    private static Table Grid(string[] heads, IReadOnlyList<Span[]> rows)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (string head in heads)
        {
            table.AddColumn(new TableColumn(new Text(head, Style(Tone.Strong))) { Padding = new Padding(0, 0, 2, 0) });
        }

        foreach (Span[] row in rows)
        {
            table.AddRow(row.Select(IRenderable (cell) => new Text(CleanText.Line(cell.Text), Style(cell.Tone))));
        }

        return table;
    }

    private void WriteRow(string[] cells, int[] widths) =>
        shell.Output.WriteLine(string.Join("  ", cells.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());

    private sealed class TerminalOutput(Shell shell) : IAnsiConsoleOutput
    {
        public TextWriter Writer => shell.Output;

        public bool IsTerminal => true;

        public int Width => Math.Max(20, shell.Width());

        public int Height => 24;

        public void SetEncoding(System.Text.Encoding encoding)
        {
            // Output is UTF-8 whatever the terminal library prefers.
        }
    }
}
