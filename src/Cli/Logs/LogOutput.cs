using System.Text;
using Orbit.Cli.Output;

namespace Orbit.Cli.Logs;

/// <summary>Writes log bytes: unchanged into a pipe or file, made harmless for a terminal.</summary>
internal sealed class LogOutput(Shell shell)
{
    private readonly Decoder _decoder = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false).GetDecoder();
    private State _state;

    private enum State
    {
        Text,
        CarriageReturn,
        Escape,
        Sequence,
    }

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        if (shell.OutputIsTerminal)
        {
            await shell.Output.WriteAsync(ForTerminal(bytes.Span).AsMemory(), ct);
            return;
        }

        await shell.OutputBytes.WriteAsync(bytes, ct);
        await shell.OutputBytes.FlushAsync(ct);
    }

    // Colour and cursor sequences (ESC [ … letter) go; other control characters are written out. A character or a sequence
    // may be cut by the end of a chunk, hence decoder and state are kept.
    private string ForTerminal(ReadOnlySpan<byte> bytes)
    {
        char[] characters = new char[_decoder.GetCharCount(bytes, flush: false)];
        int count = _decoder.GetChars(bytes, characters, flush: false);
        var text = new StringBuilder(count);
        foreach (char c in characters.AsSpan(0, count))
        {
            Take(c, text);
        }

        return text.ToString();
    }

    private void Take(char c, StringBuilder text)
    {
        switch (_state)
        {
            case State.Sequence:
                if (c is >= '@' and <= '~')
                {
                    _state = State.Text;
                }

                return;
            case State.Escape:
                _state = c == '[' ? State.Sequence : State.Text;
                if (c == '[')
                {
                    return;
                }

                CleanText.Append(text, '\x1b');
                break;
            case State.CarriageReturn:
                _state = State.Text;
                text.Append('\n'); // a progress bar that overwrites itself becomes lines
                if (c == '\n')
                {
                    return;
                }

                break;
        }

        switch (c)
        {
            case '\x1b':
                _state = State.Escape;
                break;
            case '\r':
                _state = State.CarriageReturn;
                break;
            case '\n' or '\t':
                text.Append(c);
                break;
            default:
                CleanText.Append(text, c);
                break;
        }
    }
}
