using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Tests.Platform;

public sealed class CsvTextTests
{
    [Fact]
    public void Cells_are_quoted_where_a_reader_would_take_them_otherwise() =>
        Assert.Equal("a,,\"b,c\",\"d \"\"e\"\"\",\"f\ng\",\" h\",=1+1,ü\r\n", CsvText.Line(["a", "", "b,c", "d \"e\"", "f\ng", " h", "=1+1", "ü"]));

    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+1", "'+1")]
    [InlineData("-1,5", "\"'-1,5\"")]
    [InlineData("@x", "'@x")]
    [InlineData("\tx", "'\tx")]
    [InlineData("a=1", "a=1")]
    [InlineData(null, "")]
    public void Nothing_is_a_formula_where_people_open_it(string? cell, string written) =>
        Assert.Equal(written + "\r\n", CsvText.LineWithoutFormulas([cell]));
}
