"""The help of the two magics, which `?`, `%video help` and `%%video --help` show."""

CELL = """Make a video from the cell's body.

%%video [MODEL] [flags]        body: the prompt; {{name}} takes a variable's value

    %%video hailuo --duration 6
    A red kite over the sea [Push in]

    %%video sora --aspect-ratio 16:9 --out kite --wait
    A {{colour}} kite over the sea

    %%video seedance --seed 1,2,3 --shot kite
    A {{red|blue}} kite over the sea

-o NAME  put the job in a variable     -w / -b  wait for it / return at once    -a  another paid take
-n  dry run: nothing is sent           --max-cost 2CNY  refuse above           --sandbox  rehearse, free
--embed / --no-embed                   --raw  no {{name}}                      -q  no video (with -o)
--shot NAME  every video is a take     --from SHOT|ID|FILE  start from its last frame
Several values (--seed 1,2, --model a,b, {{a|b}}) make several videos; --yes confirms more than 12.

Models: %video models        A model's own flags: %video models MODEL        All else: %video help
"""

LINE = """Look after videos: models, jobs, show, resume, wait, cancel, help.

%video models [MODEL]    models, keys and prices; with MODEL its parameters
%video form [MODEL]      the same requests by hand, with the price as you choose
%video jobs              what was made: --state, --model, --since 2h, --limit
%video show ID           one job with its video
%video resume [ID]       take a job up again, or all that can be
%video wait [ID]         hold the cell until a job, or all of this kernel, have ended
%video cancel ID         stop a job
%video upscale ID        a larger version of a finished Vidu video; a paid job of its own
%video cost              what was spent, estimated and reported
%video takes [SHOT]      the takes of a shot, or the shots of this folder
%video pick SHOT NUMBER  mark the keeper of a shot
%video compare ID ID …   videos side by side, in step: --columns
%video reel A,B --out F  join videos into one file
%video history [WORDS]   prompts of all notebooks by their words, with the cell to run again: --limit
%video camera [MODEL]    the camera moves that a prompt may name in brackets
%video doctor            versions, keys set or not, journal, front end
%video help              this page

It never takes a prompt, so a typing error costs nothing. A prompt goes into a cell that begins with %%video.
"""
