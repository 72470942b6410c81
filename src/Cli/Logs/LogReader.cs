using Grpc.Core;
using Orbit.Cli.Connection;
using Orbit.Cli.Output;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Logs;

/// <summary>What to read of a run's logs.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Step">Name of the step; empty: all, one after the other.</param>
/// <param name="Follow">Stay until the step or the attempt has ended.</param>
/// <param name="Tail">Begin so many bytes before the end; 0: at the beginning.</param>
/// <param name="Grep">Only lines with this text; empty: all.</param>
/// <param name="Attempt">The attempt; 0: the newest.</param>
internal sealed record LogQuery(long RunId, string Step, bool Follow, long Tail, string Grep, int Attempt);

/// <summary>Copies a log to the output, byte for byte, through any number of broken streams.</summary>
internal sealed class LogReader(ServerConnection server, Shell shell, LogQuery query, TimeSpan patience)
{
    private readonly LogPosition _position = new();
    private readonly LogOutput _output = new(shell);
    private long _searched;
    private long _lostAt;
    private int _failures;
    private bool _reached;
    private bool _gapIsReal;

    /// <returns>False when the server stayed out of reach for longer than patience lasts.</returns>
    public async Task<bool> CopyAsync(CancellationToken ct)
    {
        while (true)
        {
            TimeSpan pause;
            try
            {
                if (query.Grep.Length > 0 ? await SearchAsync(ct) : await StreamAsync(ct))
                {
                    return true;
                }

                pause = TimeSpan.Zero;
            }
            catch (RpcException failure) when (!ct.IsCancellationRequested && _reached && CallFailure.MayPass(failure))
            {
                pause = CallFailure.AskedPause(failure);
            }

            if (++_failures == 1)
            {
                _lostAt = shell.Clock.GetTimestamp();
            }
            else if (_failures == 3)
            {
                shell.Error.WriteLine("orbit: the server is out of reach; trying again");
            }

            if (shell.Clock.GetElapsedTime(_lostAt) > patience)
            {
                return false;
            }

            await Task.Delay(shell.BackOff.Pause(_failures, pause), shell.Clock, ct);
        }
    }

    // True when the log was read to its end; false when bytes were missing and the stream must be opened again.
    private async Task<bool> StreamAsync(CancellationToken ct)
    {
        // With one step a new stream begins where the old one broke. With all steps in a row it must begin with the first one,
        // and LogPosition drops what was written: only a broken connection costs that.
        long first = _position.Next(query.Step) ?? -query.Tail;
        var request = new FollowLogRequest { RunId = query.RunId, Step = query.Step, Offset = first, Follow = query.Follow, Attempt = query.Attempt };
        using AsyncServerStreamingCall<LogChunk> call = server.Runs.FollowLog(request, server.Stream(ct));
        while (await call.ResponseStream.MoveNext(ct))
        {
            LogChunk chunk = call.ResponseStream.Current;
            (_reached, _failures) = (true, chunk.Data.Length > 0 ? 0 : _failures);
            if (_position.Gap(chunk) is > 0 and long gap)
            {
                if (!_gapIsReal)
                {
                    _gapIsReal = true; // once more from where we are; if it is still there, the bytes are gone
                    return false;
                }

                shell.Error.WriteLine($"orbit: {gap} bytes of {CleanText.Line(chunk.Step)} are missing here");
            }

            _gapIsReal = false;
            await _output.WriteAsync(_position.Take(chunk), ct);
        }

        return true;
    }

    // What is found comes without positions; the same question gives the same bytes, so a new stream skips as many as were written.
    private async Task<bool> SearchAsync(CancellationToken ct)
    {
        var request = new ReadLogRequest { RunId = query.RunId, Step = query.Step, Follow = query.Follow, Grep = query.Grep, Attempt = query.Attempt };
        using AsyncServerStreamingCall<RawBody> call = server.Runs.ReadLog(request, server.Stream(ct));
        long skip = _searched;
        while (await call.ResponseStream.MoveNext(ct))
        {
            (_reached, _failures) = (true, 0);
            ReadOnlyMemory<byte> bytes = call.ResponseStream.Current.Data.Memory;
            int dropped = (int)Math.Min(skip, bytes.Length);
            skip -= dropped;
            _searched += bytes.Length - dropped;
            await _output.WriteAsync(bytes[dropped..], ct);
        }

        return true;
    }
}
