"""The topics of `%video help TOPIC` and `vidmagic help TOPIC`: what is good to know and is not one command.

`{table}` in a text is where `topic_pages` puts a table that is made from the code.
"""

from __future__ import annotations

from collections.abc import Mapping

_KEYS = """Keys: each service takes its own, one for all of its models.

{table}

A key is read at each call, from the first place that has it:
  1. the environment
  2. Colab's secrets
  3. a .env file beside the notebook or above it, up to the top of the repository or your home folder, with a line
     NAME=key; a file of another user is not read
  4. the keyring, if the package keyring is installed: service "vidmagic", user name NAME

A key is never a flag or a setting and is never stored. Don't write %env NAME=key in a notebook: it prints the key into
the output. A key goes to its own service alone; set the variable of another origin to send it elsewhere, to https or
to your own machine. With no key at all every job runs in the sandbox, and the card says so.

%video doctor shows which keys are set and where each comes from; --online asks the services too.
"""

_PRICES = """Prices: what a job is estimated to cost, and what was billed.

The estimate comes from the first of these that there is, and names it:
  1. the newest bill of such a request: same model, mode and parameters, whatever the prompt and the seed
     "¥3.50, as billed last time"
  2. your own price                               "¥4.50, your price"
  3. the price list of the service, with its date "¥2.00 (estimate)"
  4. a sample in the service's document           "about ¥3.00, from the document's sample"
Without any of them the price is "unknown": it is never shown as 0.

Your own prices stand in the project's pyproject.toml, for a second or for a whole video:
    [tool.vidmagic.prices]
    kling = "0.9CNY/s"
    wan = "3.5CNY"
or in VIDMAGIC_PRICES or %config VideoMagics.prices, as "kling=0.9CNY/s, wan=3.5CNY".

A limit refuses what is estimated above it or has no price, before anything is sent: --max-cost 5, 2CNY or 0.3USD on a
cell, or the setting max_cost for all. A sweep is held to it as a sum. --dry-run shows the price and sends nothing.

When a service reports what it charged and it is known what that is in money, the card, %video show, %video history,
job.billed and video.billed show it: "billed ¥3.50 (35,000 tokens)". %video cost adds up estimates and bills. Services
bill by their own rules, and your account there is not seen from here. The sandbox is free of charge.
"""

_STATES = """States: what becomes of a job, and what it may have cost.

{table}

unknown: the request left and the answer was lost. Nobody can know from here whether the job was made, so it is never
sent again by itself. Look at your account at the service; if the job is not there, run the cell with --again.

The same request again shows the newest job of it, free of charge, unless it was refused or has failed. --take 2 is the
second take of the very same request, bought once however often the cell runs; an unknown one counts as a take, one
that was refused or has failed does not. --again buys a new take whenever the cell runs. A job in the sandbox is never
charged.

%video jobs lists them, those that need you first; %video resume goes on with all that are unfinished, after a restart
too. Services forget jobs after some time: where their documents say when, the card does, and %video doctor warns.
"""

_SWEEPS = """Sweeps: several values make several videos, all combinations of them.

    %%video seedance --seed 1,2 --shot kite
    A {{red|blue}} kite over the sea

makes four. Several values can stand in a flag (--seed 1,2), as models (--model hailuo,seedance) and in the prompt
({{red|blue}}). Quotes keep a value with a comma one.

All are checked and priced before the first is sent. --max-cost is for the sum, and --dry-run shows it. More new videos
than the setting sweep_limit, or a sum above sweep_cost, need --yes. What was made before is shown and costs nothing.
One that fails leaves the others alone: run the cell again, and only the failed ones are sent. --take 2 asks for the
second take of every combination.

Two factors lie in rows and columns with headings. --grid model×seed (an x will do) chooses the rows and the columns; a
factor is model, a parameter, or words, the alternatives of the prompt (words2 for the second ones), which any of them
names too. Other factors are nested in the rows. %video compare NAMES --grid model×seed does it with any videos, with
shot as a factor too; sweep.grid(rows="model") in Python.

With --shot NAME each video is a take of that shot. Go on with
    %video takes kite           the takes, and what changed from one to the next
    %video compare kite:1 kite:2            side by side; --blind hides which is which until you choose one
    %video export kite grid.mp4             one video with labels, at most 1920 × 1080 and without sound; .gif, .html
    %video pick kite 2          --from kite then starts from the last frame of take 2

{{@light.txt}} in a prompt stands for the lines of that file, which is looked for beside the notebook; empty lines and
those that begin with # are left out. --sample 6 makes only six of all combinations, the same six whenever the cell
runs; --sample-seed 7 draws others (without it the seed is 0), and --sample 8 keeps the six and adds two.

A table of shots has a row a video: %video help tables. A form makes one video and sends double braces as typed.

In Python vidmagic.sweep("a {{red|blue}} kite", model=["hailuo", "seedance"]) returns the jobs as a sequence; its
executor= lets the workers of a pool or of a Dask cluster follow and download.
"""

_IMPROVE = """Improve: a language model rewrites a prompt for the video model; you see it before a video is paid for.

    %%video hailuo --duration 10 --improve --wish "more wind" --dry-run
    A red kite over the sea

    %video improve hailuo a red kite over the sea --wish "more wind"
    %video improve kite:2                      the prompt of a shot, a take or a job
    vidmagic.improve("a red kite", "hailuo", wish="more wind")

shows the word difference, what it used, and the cell to run. No video is started. The form has a button for it. One
line or click is one request: nothing is repeated by itself, and the same question again shows the answer there was,
free of charge, until --again asks anew (on a cell it is then the improvement's, and not in the cell to run).

Sent are the prompt as typed ({{name}} without its value), the wish, and facts of the model: its longest prompt, its
camera words, what it is given beside the prompt. They go to the first of these:
  1. the endpoint of VIDMAGIC_CHAT_URL, any in OpenAI's form: https, or http on your own machine; it ends in /v1. Its
     key is VIDMAGIC_CHAT_KEY; on your own machine none is needed. The setting chat_model names the language model.
  2. the gateway whose key is set, the video model's own first: DMXAPI (deepseek-v4-flash, if chat_model is empty), or
     apiyi with chat_model
  3. the sandbox, which rewrites by rules, free of charge; so does --sandbox

What a chat costs is published nowhere: its line shows the tokens that were reported, and "price unknown". max_cost is
a limit for videos; with a limit of 0 no language model is asked either, but for one on your own machine. %video cost
adds up videos only.

{{name}}, [3 s], lines of hyphens, @name and the like must stay: what is lost or new is named beside the difference,
and new double braces are refused. So is an answer that is empty, cut, a refusal, or longer than the model takes.
"""

_TABLES = """Tables of shots: a row is a video, a column a parameter.

    prompt,duration,model,shot,colour
    "A {{colour}} kite, high above the sea",10,hailuo,kite,red
    A boat,,seedance,,

    %%video --each shots.csv
    {{prompt}}

A file is CSV (comma, semicolon or tab, in UTF-8) or JSON Lines with an object a line, and is looked for beside the
notebook. A column is called as its flag is (duration, aspect_ratio, image …), or prompt, model or shot. Any other must
stand in the prompt as {{column}}. An empty cell is not given. Several columns may be called reference. What stands on
the line of the cell holds for all rows; {{red|blue}} and several values there make each row several videos.

All rows are checked and priced before the first is sent, and an error names the rows, which count from 1 below the
header. --max-cost, --yes, --draft, --take and --sample hold as for any sweep; the same table again, also longer or in
another order, makes only what is missing.

In Python vidmagic.sweep(frame) takes a DataFrame or a list of mappings; with a prompt beside it, it is
vidmagic.sweep("A {{colour}} kite", table=frame). sweep.to_dataframe() has the job, state, path and rating of each
row, and vidmagic.jobs().to_dataframe() those of all jobs.
"""

_DRAFTS = """Drafts: try a prompt cheaply, then make the full video from the draft that is good.

    %%video seedance --draft --shot pond
    A heron lands on a mirror-still pond

--draft makes the cheapest version that the model allows: its smallest picture and its shortest length. What you typed
stays as you typed it: with --duration 10 the draft has 10 s. Where a model takes a seed, the draft gets one, the same
whenever the cell runs, so that the full video can have it too; --seed chooses another. Where the model makes a draft
itself anew (h3: 768P in 2K), the length stays. The card and the lists mark a draft, and its price stands beside that
of the full video. Where nothing is cheaper, a note says so, and the full video is made.

    %video finish pond:1              the full video; --dry-run shows first what stays the same, --max-cost holds
    job.finish(max_cost="5CNY")       the same in Python

h3 makes the very video anew, from the draft that the service still has. Every other model makes a new one from the
same prompt, inputs and seed: similar, but not the same video, and without a seed different. An input file that has
changed or is gone is refused. Running it twice buys once; --take 2 makes another.
"""

_RECIPES = """Recipes: what made a video travels in its file.

A finished MP4 carries the prompt, the model, the parameters and the seed, shot and take, the ids of its job and of the
job whose last frame it starts from; of its inputs the names and checksums. It never holds a key, a link, a path or an
input itself. A parameter that is a link or a path is left out, and its name is noted. The prompt is in it as you typed
it: think of that before you pass a file on. %config VideoMagics.recipe = False leaves recipes out of new files.

    %video open FILE              the cell that makes it; also for a copy under another name, on another machine
    vidmagic.open("FILE")         the same, with .prompt, .params, .seed, .shot, .take
    video.save("to-anna.mp4")     a copy with title and comment too, which players and file managers show
Drop an MP4 onto the form, and the form is filled from it. What a recipe says is checked, shown and never run.

The recipe is a box of the type uuid behind the media: the bytes of the service stay as they came, in front of it. Both
checksums are stored: sha256 is of the service's bytes, file_sha256 of the whole file (%video show ID). A file without
its recipe is known by its checksum in the journal that made it. When a video is the input of another job, the service
gets it without the recipe.

No recipe is appended to WebM and MOV, to an MP4 that is signed (Content Credentials: a change would make the signature
invalid), to one whose last box has no end of its own, and to one with its index at the very end (mfra). Such a file
has its job's id in its name, and %video show ID says why.

What keeps a recipe: whatever passes the file on byte by byte, as copying, zip files and mail attachments do.
What drops it: encoding anew, cutting, and copying into a new container without encoding. The last was tried with
FFmpeg's libraries: boxes at the top level that they do not know are not copied; a title and a comment can be.
Sites and messengers that show a video mostly make versions of their own, and then nothing of it is left;
which do so cannot be tried from here and changes, so that no list of them stands here. Send a file "as a document",
and open what comes out at the other end, to know.
"""

_SETTINGS = """Settings: what holds for every cell.

{table}

The first place that has a setting wins:
  1. a flag of the cell
  2. %config VideoMagics.wait = "always", for this kernel; or ipython_config.py: c.VideoMagics.wait = "always"
  3. the environment: VIDMAGIC_ and the name in capitals, as VIDMAGIC_MAX_COST=5CNY
  4. the project's pyproject.toml, the nearest from the notebook's folder upwards:
         [tool.vidmagic]
         model = "hailuo"
         max_cost = "5CNY"
  5. the default
Environment and project are read once a kernel, when the first setting is needed. A misspelt name or value is refused
with what was probably meant. %config VideoMagics lists the present values.

Not settings, in the environment only: VIDMAGIC_SANDBOX=yes runs every job in the sandbox, and VIDMAGIC_HOME is the
folder of the journal. Keys: %video help keys
"""

_FRONT_ENDS = """Front ends: where a cell runs, and what it shows there.

{table}

In a live notebook a cell returns at once, and its card ends as the video. Where nobody could see that, the cell waits:
nbconvert, papermill, a terminal, Colab. --wait, --background and the setting wait change it. Interrupting the kernel
stops the waiting, not the job.

A video up to 8 MB (the setting embed_limit) is part of the notebook, a larger one is linked; --embed and --no-embed
choose. A saved notebook holds no widgets.

Kernels: ipykernel 6.29 or newer, but not 7.2 and 7.3, which lose requests while widgets are in use. A comment line
above %%video keeps IPython from seeing the magic. %video doctor names the front end that was recognised.
"""

_PROVIDERS = """Providers: the classes that know a service. Any package can bring one.

{table}

Write a class with service, models, body, submit, follow and cancel, as vidmagic.providers.contract describes them, and
name it in the package's pyproject.toml:
    [project.entry-points."vidmagic.providers"]
    mine = "my_package.provider:Mine"
or try it in a notebook with vidmagic.add_provider(Mine()). Its models then have flags, checks, completion, prices and
the form like all others.

submit sends one request, once, and returns a Ticket; follow(ticket) is one poll and needs nothing but the ticket. A
provider never sleeps, prints, stores, opens files or starts threads. Where it cannot know whether a job was made it
raises OutcomeUnknown; Refused is only for what surely was not.

The notebook 04_write_a_provider.ipynb of the project writes one in about forty lines.
"""

TOPICS: Mapping[str, str] = {
    "keys": _KEYS,
    "prices": _PRICES,
    "states": _STATES,
    "sweeps": _SWEEPS,
    "tables": _TABLES,
    "drafts": _DRAFTS,
    "improving": _IMPROVE,
    "recipes": _RECIPES,
    "settings": _SETTINGS,
    "front-ends": _FRONT_ENDS,
    "providers": _PROVIDERS,
}
