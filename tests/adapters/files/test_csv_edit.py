"""A row is added and a cell is changed; every other byte of the file stays as somebody wrote it."""

import pytest

from partner_program.adapters.files.csv_edit import with_cells, with_rows

BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a,b\n1,2\n", b"a,b\n1,2\nx,y\n"),
        (b"b,a\r\n1,2\r\n", b"b,a\r\n1,2\r\ny,x\r\n"),
        (b"a,b\n1,2", b"a,b\n1,2\nx,y\n"),
        (BOM + b'"a","b","more"\n', BOM + b'"a","b","more"\nx,y,\n'),
        (b'a,b\n"1\n1",2\n\n', b'a,b\n"1\n1",2\n\nx,y\n'),
    ],
)
def test_a_row_comes_last_in_the_files_own_order_and_line_ends(before: bytes, after: bytes) -> None:
    assert with_rows(before, [{"a": "x", "b": "y", "of no column": "z"}]) == after


def test_a_value_with_marks_is_quoted() -> None:
    assert with_rows(b"a\n", [{"a": 'x,"y"'}]) == b'a\n"x,""y"""\n'
    assert with_rows(b"a\n", []) == b"a\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a,b\n1,2\n3,4\n", b"a,b\n1,2\n3,new\n"),
        (b"b,a\r\n2,1\r\n4,3", b"b,a\r\n2,1\r\nnew,3"),
        (BOM + b'"a","b"\n"3","4"\n1,"2"\n', BOM + b'"a","b"\n"3",new\n1,"2"\n'),
        (b'a,b,c\n3,"4,\n ""4""",  5 \n', b"a,b,c\n3,new,  5 \n"),
        (b'a,b\n\n"3",4\n\n', b'a,b\n\n"3",new\n\n'),
    ],
)
def test_one_cell_changes_and_nothing_beside_it(before: bytes, after: bytes) -> None:
    assert with_cells(before, lambda row: {"b": "new"} if row["a"] == "3" else {}) == after


def test_a_cell_gets_quotation_marks_where_its_value_needs_them() -> None:
    assert with_cells(b"a,b\n1,2\n", lambda row: {"a": f"{row['b']},x"}) == b'a,b\n"2,x",2\n'
    assert with_cells(b"a,b\n1,2\n", lambda _row: {"a": ""}) == b"a,b\n,2\n"
