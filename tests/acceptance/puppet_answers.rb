# Answers questions about Puppet settings with Puppet's own code: a JSON line in, a JSON line out.
#
# {"text": …}                                      how Puppet parses a puppet.conf
# {"flags": […], "uid": …, "home": …, "wanted": […]}  settings, environments and modules
#
# Settings are global in Puppet, so each question of the second kind is answered by a fork. It sets
# them up as Puppet Server's own puppet_config.rb does: run mode first, then flags, then defaults.

require 'json'
require 'puppet'

def parsed(text)
  parser = Puppet::Settings::ConfigFile.new(Puppet::Settings::ValueTranslator.new)
  conf = parser.parse_file('puppet.conf', text, Puppet::Settings::ALLOWED_SECTION_NAMES.dup)
  conf.sections.to_h do |name, section|
    first = section.settings.reverse.to_h { |setting| [setting.name, setting.value] }
    [name, first]
  end
end

def module_answer(mod)
  answer = { 'path' => mod.path }
  metadata = begin
    mod.metadata
  rescue StandardError
    nil
  end
  answer['metadata'] = metadata unless metadata.nil? || metadata.empty?
  answer
end

def environment_answer(environment)
  modules = environment.modules.to_h { |mod| [mod.name, module_answer(mod)] }
  {
    'path' => environment.configuration.path_to_env,
    'modulepath' => environment.full_modulepath,
    'modules' => modules,
  }
end

def answer(question)
  Dir.chdir('/')
  ENV['HOME'] = question['home']
  uid = question['uid']
  if uid != Process.euid
    Process::Sys.setgid(uid)
    Process::Sys.setuid(uid)
    # OpenVox 9 has looked already, and remembers that it was root.
    Puppet.features.add(:root) { Process.euid.zero? }
  end
  # A puppet.conf that does not parse is only logged by Puppet, which then runs on its defaults.
  logs = []
  Puppet::Util::Log.newdestination(Puppet::Test::LogCollector.new(logs))

  Puppet.settings.preferred_run_mode = :server
  Puppet.initialize_settings(question['flags'])
  mode = Puppet::Util::RunMode[:server]
  defaults = Puppet::Settings.app_defaults_for_run_mode(mode).merge(name: 'server')
  Puppet.settings.initialize_app_defaults(defaults)
  Puppet::ApplicationSupport.push_application_context(mode)
  refused = logs.map(&:message).find { |message| message.start_with?('Could not parse') }
  raise refused if refused

  values = question['wanted'].to_h { |name| [name, Puppet[name.to_sym].to_s] }
  environments = Puppet.lookup(:environments)
  names = environments.list.map(&:name).uniq
  found = names.to_h { |name| [name, environment_answer(environments.get!(name))] }
  { 'settings' => values, 'environments' => found }
end

def answer_in_fork(question)
  reader, writer = IO.pipe
  child = fork do
    reader.close
    result = begin
      answer(question)
    rescue Exception => e # SystemStackError is no StandardError
      { 'refused' => "#{e.class}: #{e.message}"[0, 500] }
    end
    writer.write(JSON.generate(result))
    writer.close
    exit!(0)
  end
  writer.close
  line = reader.read
  reader.close
  Process.wait(child)
  line
end

require 'puppet/application_support'
$stdout.sync = true
$stdin.each_line do |line|
  question = JSON.parse(line)
  if question.key?('text')
    result = begin
      { 'sections' => parsed(question['text']) }
    rescue StandardError => e
      { 'refused' => "#{e.class}: #{e.message}"[0, 500] }
    end
    puts JSON.generate(result)
  else
    puts answer_in_fork(question)
  end
end
