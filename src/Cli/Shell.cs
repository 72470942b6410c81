using System.Text;
using Microsoft.Win32.SafeHandles;
using Orbit.Cli.Connection;

namespace Orbit.Cli;

/// <summary>All that the program sees of the process it runs in: streams, environment, clock.</summary>
internal sealed class Shell
{
    /// <summary>Standard output as bytes. <see cref="Output"/> writes to the same stream without a buffer of its own.</summary>
    public required Stream OutputBytes { get; init; }

    public required TextWriter Output { get; init; }

    public required TextWriter Error { get; init; }

    public required TextReader Input { get; init; }

    /// <summary>Reads an environment variable; null or empty when it is not set.</summary>
    public required Func<string, string?> Variable { get; init; }

    public bool OutputIsTerminal { get; init; }

    public bool InputIsTerminal { get; init; }

    /// <summary>Reads one line from the terminal without showing it.</summary>
    public Func<string> ReadSecret { get; init; } = () => throw new UsageException("there is no terminal to ask for a secret on");

    /// <summary>Columns of the terminal.</summary>
    public Func<int> Width { get; init; } = () => 80;

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Pauses between two attempts to reach a server that went away.</summary>
    public BackOff BackOff { get; init; } = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(15));

    /// <summary>True where cursor movement is understood, which a live view needs.</summary>
    public bool CanRedraw => OutputIsTerminal && Variable("TERM") is not (null or "" or "dumb");

    /// <summary>True where colours are understood and wanted (https://no-color.org).</summary>
    public bool Colours => CanRedraw && string.IsNullOrEmpty(Variable("NO_COLOR"));

    public static Shell OfThisProcess()
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        Stream bytes = StandardOutput();
        return new Shell
        {
            OutputBytes = bytes,
            Output = new StreamWriter(bytes, utf8, bufferSize: 1024) { AutoFlush = true },
            Error = Console.Error,
            Input = Console.In,
            Variable = Environment.GetEnvironmentVariable,
            OutputIsTerminal = !Console.IsOutputRedirected,
            InputIsTerminal = !Console.IsInputRedirected,
            ReadSecret = ReadHidden,
            // A terminal that nobody gave a size says 0.
            Width = () => Console.WindowWidth is > 0 and int width ? width : 80,
        };
    }

    // The console's own stream swallows "the reader is gone", so that `orbit logs -f | head` would never end; a file stream says it.
    // A file stream on a regular file would not move the position that a shell's redirection shares, hence only for pipes.
    private static Stream StandardOutput()
    {
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected)
        {
            return Console.OpenStandardOutput();
        }

        var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return stream.CanSeek ? Console.OpenStandardOutput() : stream;
    }

    private static string ReadHidden()
    {
        var text = new StringBuilder();
        while (true)
        {
            ConsoleKeyInfo key = Console.ReadKey(intercept: true);
            switch (key.Key)
            {
                case ConsoleKey.Enter:
                    Console.Error.WriteLine();
                    return text.ToString();
                case ConsoleKey.Backspace:
                    text.Length = Math.Max(0, text.Length - 1);
                    break;
                default:
                    if (key.KeyChar != '\0')
                    {
                        text.Append(key.KeyChar);
                    }

                    break;
            }
        }
    }
}
