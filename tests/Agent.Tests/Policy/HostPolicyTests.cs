using System.Diagnostics;
using Orbit.Agent.Policy;
using Orbit.Agent.Processes;

namespace Orbit.Agent.Tests.Policy;

public sealed class HostPolicyTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public HostPolicyTests()
    {
        Directory.CreateDirectory(_directory["data/work"]);
        Directory.CreateDirectory(_directory["opt/shop"]);
        Directory.CreateDirectory(_directory["elsewhere"]);
    }

    private string Data => _directory["data"];

    private HostPolicy Allowing => HostPolicy.Default(Data, [_directory["opt"]]);

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("opt")]
    [InlineData("opt/shop")]
    [InlineData("opt/new/deep/directory")]
    [InlineData("opt/./shop/")]
    [InlineData("data/work/run-1")]
    public void A_path_below_a_root_is_allowed_and_returned_as_it_really_is(string path)
    {
        string real = Allowing.RequirePath(_directory[path], "install_dir");

        Assert.Equal(Path.GetFullPath(_directory[path]).TrimEnd('/'), real);
    }

    [Theory]
    [InlineData("elsewhere")]
    [InlineData("optimist")]
    [InlineData("opt/../elsewhere")]
    [InlineData("opt/shop/../../elsewhere")]
    [InlineData("data")]
    [InlineData("data/key.pem")]
    [InlineData("data/worker")]
    [InlineData("")]
    public void Any_other_path_is_refused(string path) => AssertPathRefused(Allowing, _directory[path]);

    [Theory]
    [InlineData("/")]
    [InlineData("//")]
    [InlineData("/etc")]
    [InlineData("relative/path")]
    [InlineData("")]
    [InlineData("/opt\0/shop")]
    public void A_path_that_no_host_should_allow_is_refused(string path) => AssertPathRefused(Allowing, path);

    [Fact]
    public void A_link_that_leads_out_of_a_root_is_refused_and_one_that_stays_is_followed()
    {
        File.CreateSymbolicLink(_directory["opt/out"], _directory["elsewhere"]);
        File.CreateSymbolicLink(_directory["opt/up"], "../elsewhere");
        File.CreateSymbolicLink(_directory["opt/key"], Data);
        File.CreateSymbolicLink(_directory["opt/circle"], _directory["opt/circle"]);
        File.CreateSymbolicLink(_directory["opt/inside"], "shop");

        foreach (string link in new[] { "out", "out/new", "up", "up/new", "key/key.pem", "circle", "circle/x" })
        {
            AssertPathRefused(Allowing, _directory[$"opt/{link}"]);
        }

        Assert.Equal(_directory["opt/shop/new"], Allowing.RequirePath(_directory["opt/inside/new"], "install_dir"));
    }

    [Fact]
    public void A_root_that_is_itself_a_link_works()
    {
        File.CreateSymbolicLink(_directory["current"], _directory["opt"]);
        HostPolicy policy = HostPolicy.Default(Data, [_directory["current"]]);

        Assert.Equal(_directory["opt/shop"], policy.RequirePath(_directory["current/shop"], "install_dir"));
    }

    [Fact]
    public void A_root_around_the_agents_own_directory_does_not_open_it()
    {
        HostPolicy policy = HostPolicy.Default(Data, [_directory.Root]);

        AssertPathRefused(policy, Data);
        AssertPathRefused(policy, _directory["data/journal"]);
        AssertPathRefused(policy, _directory.Root);
        Assert.Equal(_directory["elsewhere"], policy.RequirePath(_directory["elsewhere"], "install_dir"));
    }

    [Fact]
    public void Only_files_below_roots_and_pytest_run_without_a_policy_file()
    {
        string script = Executable("opt/shop/run.sh");
        File.CreateSymbolicLink(_directory["opt/shop/python3"], "/usr/bin/python3");
        File.CreateSymbolicLink(_directory["opt/shop/innocent"], "/bin/sh");

        Assert.Equal(script, Allowing.RequireCommand([script, "anything"], _directory["opt"]));
        Assert.Equal(script, Allowing.RequireCommand(["./run.sh"], _directory["opt/shop"]));
        Assert.Equal("/usr/bin/python3", Allowing.RequireCommand(["/usr/bin/python3", "-m", "pytest", "tests", "-q"], _directory["opt"]));
        Assert.Equal(_directory["opt/shop/python3"], Allowing.RequireCommand(["./python3", "-m", "pytest"], _directory["opt/shop"]));

        AssertCommandRefused(Allowing, "/bin/sh", "-c", "id");
        AssertCommandRefused(Allowing, "./innocent", "-c", "id");
        AssertCommandRefused(Allowing, "/usr/bin/python3", "-c", "print()");
        AssertCommandRefused(Allowing, "../../elsewhere/run.sh");
        AssertCommandRefused(Allowing, _directory["data/key.pem"]);
        AssertCommandRefused(Allowing, "no-such-program");
        AssertCommandRefused(Allowing);
        AssertCommandRefused(Allowing, "");
    }

    [Fact]
    public void A_policy_file_sets_everything()
    {
        HostPolicy policy = Load($$"""
            {
              "host": "lab-7", // shared by two agents
              "roots": ["{{_directory["opt"]}}"],
              "commands": ["/usr/bin/env *", "/usr/bin/id"],
              "max_log": 5000000, "slots": 2, "api_slots": 9,
            }
            """);

        Assert.Equal(("lab-7", 5_000_000L, 2, 9), (policy.Host, policy.MaxLogBytes, policy.Slots, policy.ApiSlots));
        Assert.Equal(_directory["opt/shop"], policy.RequirePath(_directory["opt/shop"], "install_dir"));
        Assert.Equal("/usr/bin/id", policy.RequireCommand(["id", "-u"], _directory["opt"]));
        AssertCommandRefused(policy, "/usr/bin/env");
        AssertCommandRefused(policy, "/usr/bin/python3", "-m", "pytest");
    }

    [Theory]
    [InlineData("""{"root": []}""", "'root'")]
    [InlineData("""{"roots": "/opt"}""", "roots")]
    [InlineData("""{"roots": ["/"]}""", "'/'")]
    [InlineData("""{"roots": ["opt"]}""", "'opt'")]
    [InlineData("""{"roots": ["/opt/.."]}""", "'/opt/..'")]
    [InlineData("""{"commands": ["systemctl restart"]}""", "'systemctl restart'")]
    [InlineData("""{"slots": "2"}""", "slots")]
    [InlineData("""{"slots": -1}""", "slots")]
    [InlineData("""{"max_log": 1.5}""", "max_log")]
    [InlineData("""{"host": ""}""", "host")]
    [InlineData("""{"slots": 1, "slots": 2}""", "slots")]
    [InlineData("""[]""", "object")]
    [InlineData("""{""", "JSON")]
    public void A_policy_file_with_a_mistake_is_refused_and_the_mistake_named(string json, string named)
    {
        PolicyRefusal refused = Assert.Throws<PolicyRefusal>(() => Load(json));

        Assert.Equal(PolicyRefusal.FileInvalid, refused.Reason);
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_policy_file_that_others_could_change_is_not_used()
    {
        string path = Write("{}");
        File.SetUnixFileMode(path, (UnixFileMode)0b110_110_100);
        Assert.Equal(PolicyRefusal.FileUnsafe, Assert.Throws<PolicyRefusal>(() => HostPolicy.Load(path, Data, [])).Reason);

        File.SetUnixFileMode(path, (UnixFileMode)0b110_100_100);
        _ = HostPolicy.Load(path, Data, []);

        File.SetUnixFileMode(_directory.Root, (UnixFileMode)0b111_111_111);
        Assert.Contains("directory", Assert.Throws<PolicyRefusal>(() => HostPolicy.Load(path, Data, [])).Message, StringComparison.Ordinal);
        File.SetUnixFileMode(_directory.Root, (UnixFileMode)0b111_000_000);

        if (Environment.IsPrivilegedProcess)
        {
            using Process chown = Process.Start("chown", ["65534", path]);
            chown.WaitForExit();
            Assert.Contains("user 65534", Assert.Throws<PolicyRefusal>(() => HostPolicy.Load(path, Data, [])).Message, StringComparison.Ordinal);
        }

        Assert.Equal(PolicyRefusal.FileInvalid, Assert.Throws<PolicyRefusal>(() => HostPolicy.Load(path + "-absent", Data, [])).Reason);
    }

    [Fact]
    public void Steps_run_as_the_named_user_where_that_is_possible()
    {
        StepUser root = new("root", 0, 0, [0], "/root");
        StepUser somebody = new("somebody", 1000, 1000, [1000], "/");

        Assert.Null(HostPolicy.Resolve(null, root));
        Assert.Null(HostPolicy.Resolve("root", root));
        StepUser user = HostPolicy.Resolve("nobody", root)!;
        Assert.Equal(("nobody", 65534u), (user.Name, user.Uid));
        Assert.Contains(user.Gid, user.Groups);
        Assert.Equal(PolicyRefusal.UserUnknown, Assert.Throws<PolicyRefusal>(() => HostPolicy.Resolve("no-such-user", root)).Reason);
        Assert.Equal(PolicyRefusal.RunAsNeedsRoot, Assert.Throws<PolicyRefusal>(() => HostPolicy.Resolve("nobody", somebody)).Reason);
    }

    [Fact]
    public void The_whole_file_system_cannot_be_allowed() =>
        Assert.Equal(PolicyRefusal.PathNotAllowed, Assert.Throws<PolicyRefusal>(() => HostPolicy.Default(Data, ["/"])).Reason);

    private static void AssertPathRefused(HostPolicy policy, string path)
    {
        PolicyRefusal refused = Assert.Throws<PolicyRefusal>(() => policy.RequirePath(path, "install_dir"));
        Assert.Equal(PolicyRefusal.PathNotAllowed, refused.Reason);
        Assert.StartsWith("install_dir", refused.Message, StringComparison.Ordinal);
    }

    private void AssertCommandRefused(HostPolicy policy, params string[] command) =>
        Assert.Equal(PolicyRefusal.CommandNotAllowed, Assert.Throws<PolicyRefusal>(() => policy.RequireCommand(command, _directory["opt/shop"])).Reason);

    private string Executable(string name)
    {
        File.WriteAllText(_directory[name], "#!/bin/sh\n");
        File.SetUnixFileMode(_directory[name], (UnixFileMode)0b111_101_101);
        return _directory[name];
    }

    private HostPolicy Load(string json) => HostPolicy.Load(Write(json), Data, []);

    private string Write(string json)
    {
        string path = _directory["policy.json"];
        File.WriteAllText(path, json);
        File.SetUnixFileMode(path, (UnixFileMode)0b110_000_000);
        return path;
    }
}
